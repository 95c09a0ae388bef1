"""What Ansible Vault has closed, opened.

A vault is a line that names the format, then in hexadecimal a text of three lines, each in hexadecimal: salt, HMAC and
ciphertext. PBKDF2 with SHA-256 and 10,000 rounds makes of password and salt the keys of AES-256-CTR and HMAC-SHA256,
and a counter; the plain text is padded as PKCS #7 has it. Source: Ansible user guide, "Ansible Vault payload format".
"""

from __future__ import annotations

import binascii
import hashlib
import hmac

from cpal.errors import Invalid, Unauthenticated

HEADER = "$ANSIBLE_VAULT;"
CIPHER = "AES256"
ROUNDS = 10_000
KEY, COUNTER = 32, 16


def label(text: str) -> str:
    """The id that a vault names, "" for none: that is the fourth word of its first line, since format 1.2."""
    return text.strip().partition("\n")[0].rstrip("\r").partition(";")[2].partition(";")[2].partition(";")[2]


def opened(text: str, password: str, name: str) -> str:
    """The text in a vault.

    Raises:
        Invalid: it is no vault, or in a format that is not known.
        Unauthenticated: the password does not open it.
    """
    # lazy: only vaults need the cipher
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    head, _, body = text.strip().partition("\n")
    if not head.startswith(HEADER):
        raise Invalid("it is no vault of Ansible's", key=name, remedy="make one by: ansible-vault encrypt")
    if head.split(";")[2:3] != [CIPHER]:
        raise Invalid(f"the vault is closed in a way that is not known: {head}", key=name)
    try:
        inner = binascii.unhexlify("".join(body.split()))
        salt, signature, closed = (binascii.unhexlify(part) for part in inner.split(b"\n", 2))
    except ValueError:
        raise Invalid("the vault is damaged", key=name) from None
    made = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS, 2 * KEY + COUNTER)
    cipher_key, signing_key, counter = made[:KEY], made[KEY : 2 * KEY], made[2 * KEY :]
    if not hmac.compare_digest(hmac.new(signing_key, closed, "sha256").digest(), signature):
        raise Unauthenticated("the password does not open the vault", key=name)
    plain = Cipher(algorithms.AES(cipher_key), modes.CTR(counter)).decryptor().update(closed)
    return plain[: -plain[-1]].decode("utf-8", "replace")
