"""CPR numbers are sealed, looked up by keyed digest, and both keys can be changed."""

import pytest

from app.foundation.crypto import CannotUnseal, CprVault, NotAKey, Sealer, new_key

CPR = "6101801234"


def test_what_is_sealed_comes_back_and_never_looks_the_same_twice() -> None:
    vault = CprVault([new_key()], [new_key()])
    first, second = vault.seal(CPR), vault.seal(CPR)
    assert first != second
    assert CPR.encode() not in first
    assert vault.unseal(first) == vault.unseal(second) == CPR


def test_digest_is_stable_under_a_key_and_other_under_another() -> None:
    key = new_key()
    one, same, other = CprVault([new_key()], [key]), CprVault([new_key()], [key]), CprVault([new_key()], [new_key()])
    assert one.digest(CPR) == same.digest(CPR) != other.digest(CPR)
    assert one.digest(CPR) != one.digest("6101801235")


def test_after_a_change_of_keys_old_rows_are_still_read_and_found() -> None:
    old_seal, old_digest, new_seal, new_digest = new_key(), new_key(), new_key(), new_key()
    before = CprVault([old_seal], [old_digest])
    after = CprVault([new_seal, old_seal], [new_digest, old_digest])
    sealed, digest = before.seal(CPR), before.digest(CPR)
    assert after.unseal(sealed) == CPR
    assert after.digests(CPR) == [after.digest(CPR), digest]
    assert not after.is_current(cpr=CPR, sealed=sealed, digest=digest)
    assert not after.is_current(cpr=CPR, sealed=after.seal(CPR), digest=digest)
    assert not after.is_current(cpr=CPR, sealed=sealed, digest=after.digest(CPR))
    assert after.is_current(cpr=CPR, sealed=after.seal(CPR), digest=after.digest(CPR))


def test_without_the_key_nothing_comes_back() -> None:
    sealed = CprVault([new_key()], [new_key()]).seal(CPR)
    with pytest.raises(CannotUnseal):
        CprVault([new_key()], [new_key()]).unseal(sealed)


@pytest.mark.parametrize("place", [0, 1, 6, 20, -1])
def test_one_changed_byte_is_noticed(place: int) -> None:
    vault = CprVault([new_key()], [new_key()])
    sealed = bytearray(vault.seal(CPR))
    sealed[place] ^= 1
    with pytest.raises(CannotUnseal):
        vault.unseal(bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01abcd", b"x" * 40])
def test_bytes_that_were_never_sealed_are_refused(sealed: bytes) -> None:
    with pytest.raises(CannotUnseal):
        CprVault([new_key()], [new_key()]).unseal(sealed)


def test_a_text_cut_after_its_head_is_refused() -> None:
    sealer = Sealer([new_key()], purpose="cpr")
    with pytest.raises(CannotUnseal):
        sealer.unseal(sealer.seal(CPR)[:9])


def test_what_is_sealed_for_one_purpose_means_nothing_for_another() -> None:
    key = new_key()
    with pytest.raises(CannotUnseal):
        Sealer([key], purpose="id_token").unseal(Sealer([key], purpose="cpr").seal(CPR))


def test_any_long_enough_text_is_a_key() -> None:
    vault = CprVault(["demo-only-key-never-for-real-data-0000"], ["demo-only-key-never-for-real-data-0000"])
    assert vault.unseal(vault.seal(CPR)) == CPR


@pytest.mark.parametrize("text", ["", "short", "x" * 31])
def test_a_key_that_is_none_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(NotAKey) as refused:
        CprVault([text], [new_key()])
    assert not text or text not in str(refused.value)
    with pytest.raises(NotAKey):
        CprVault([new_key()], [text])


def test_the_vault_lends_its_keys_for_another_purpose_only() -> None:
    vault = CprVault([new_key()], [new_key()])
    sealed = vault.sealer_for("id_token").seal("eyJ")
    assert vault.sealer_for("id_token").unseal(sealed) == "eyJ"
    with pytest.raises(CannotUnseal):
        vault.unseal(sealed)


def test_no_keys_at_all_are_refused() -> None:
    with pytest.raises(NotAKey):
        CprVault([], [new_key()])
    with pytest.raises(NotAKey):
        CprVault([new_key()], [])
