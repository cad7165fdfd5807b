"""Deployed code, read instruction by instruction."""


def instructions(code: bytes) -> set[int]:
    """The opcodes of a runtime bytecode, without push data and without the metadata at its end."""
    end = len(code) - int.from_bytes(code[-2:], "big") - 2
    found, position = set(), 0
    while position < end:
        opcode = code[position]
        found.add(opcode)
        position += opcode - 0x5F + 1 if 0x60 <= opcode <= 0x7F else 1
    return found
