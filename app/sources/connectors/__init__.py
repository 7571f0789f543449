"""The wires to the source systems; each file speaks one."""
