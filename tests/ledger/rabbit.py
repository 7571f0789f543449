"""A RabbitMQ of a test's own: on free ports of 127.0.0.1, in a folder of its own, gone afterwards with all its kin."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pika
import pika.exceptions

SERVER = next((path for path in ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/usr/local/sbin/rabbitmq-server")
               if Path(path).exists()), None) or shutil.which("rabbitmq-server")  # fmt: skip
START_SECONDS = 300
"""It costs nine seconds of a processor, nearly all of them loading code: 40 s where eight others want it too."""
_END_SECONDS = 30


def is_owed() -> bool:
    """Whether this machine must have a broker: CI, or one where `make` could have installed it."""
    return os.environ.get("CI") == "true" or (os.geteuid() == 0 and shutil.which("apt-get") is not None)


@dataclass
class Broker:
    """A running broker."""

    folder: Path
    port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is, with the user that every fresh RabbitMQ knows on this machine."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def start(self) -> None:
        """Start it, with what an earlier life left in its folder."""
        assert SERVER is not None
        with (self.folder / "out").open("ab") as out:
            self.process = subprocess.Popen(
                [SERVER], env=self.environment, cwd=self.folder, stdout=out, stderr=out, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None, (self.folder / "out").read_text(errors="replace")[-2000:]
            assert time.monotonic() < deadline, "the broker did not start"
            with contextlib.suppress(OSError, pika.exceptions.AMQPError):
                # A port that is open is little: it may be an earlier life's, which is not quite dead.
                pika.BlockingConnection(pika.URLParameters(self.url)).close()
                break
            time.sleep(0.2)

    def stop(self) -> None:
        """End it at once, and whatever it has started; all are gone afterwards."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        deadline = time.monotonic() + _END_SECONDS
        while left := _ours(self.folder):
            assert time.monotonic() < deadline, f"still there: {left}"
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def waiting(self, queue: str) -> int:
        """How many messages lie in a queue that nobody holds."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        try:
            found: int = connection.channel().queue_declare(queue, passive=True).method.message_count
            return found
        finally:
            connection.close()

    def publish(self, queue: str, *bodies: bytes) -> None:
        """Put messages into a queue, which is made at need."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        try:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare(queue, durable=True)
            for body in bodies:
                channel.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2), mandatory=True)
        finally:
            connection.close()


@contextmanager
def running(folder: Path) -> Iterator[Broker]:
    """A broker, and nothing of it afterwards."""
    amqp, distribution, mapper = _free_ports(3)
    home = folder / "home"
    home.mkdir(parents=True)
    cookie = home / ".erlang.cookie"
    cookie.write_text("OFATESTSOWN")
    cookie.chmod(0o400)
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{amqp}\nlog.console = false\nlog.file.level = error\n"
    )
    (folder / "enabled_plugins").write_text("[].\n")
    broker = Broker(folder, amqp, {
        "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TMPDIR": str(folder),
        "RABBITMQ_NODENAME": f"bdk{amqp}@localhost", "RABBITMQ_USE_LONGNAME": "false",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"), "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"), "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_NODE_PORT": str(amqp), "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(distribution), "ERL_EPMD_PORT": str(mapper), "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
    })  # fmt: skip
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _ours(folder: Path) -> list[int]:
    """Every process that was started with this folder as its home: epmd too, which leaves its parents."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"HOME={folder}/home\0".encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
    return found
