"""The wires to the payment providers; each file speaks one."""
