"""Ansible's variables beside an inventory, and secrets that ansible-vault closed: as Ansible itself has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import cpal
from cpal.errors import CpalError, Faults, Invalid, NotFound, Unauthenticated
from cpal.faces.device.inventory import read
from cpal.lab.emulate.fleet import Wanted
from tests.support.emulated import Running, emulated

CLOSED_VALUE = """!vault |
          $ANSIBLE_VAULT;1.1;AES256
          37643337313232623766303734383134643433376461323961353364636636373131613337366266
          3530333831363364633033356132663332616631613637640a306334616563643932633634663231
          61333137623263303332386532386430346239333861663132393761643130333630376562333762
          3335373438346232390a383939363864373438356132313036366162303037376438346264663163
          3061
"""
"""What `ansible-vault encrypt_string` (ansible-core) made of `admin`, with the password `open sesame`."""
CLOSED_FOR_AN_ID = """!vault |
          $ANSIBLE_VAULT;1.2;AES256;prod
          39613339306663666362356139313866656133303239313566323338353366386235656635376135
          6463333130633664663834333234623632393463643033640a353538663736326237656565393230
          34346232363531666339636431336438633561323434656134636239636164323534383130353436
          3938353963316534660a643261353866346564623662623638643437633232376633626230383033
          6633
"""
"""What `ansible-vault encrypt_string --encrypt-vault-id prod` made of `admin`, with the password `open prod`."""
CLOSED_FILE = """$ANSIBLE_VAULT;1.1;AES256
33643864373837376334333935666431663863373037363036353333653138366234623066353866
3466353838396634623661333934396236323230376261370a303164663036386466346439613436
62656537383637633832373034323061303763316161666237316463303933643864323233336139
3335663638323964620a386234376166653265656631346232623361346661333662643533636166
30613335323230363739383061633866383934393339653165366261353631333565623237643033
3530643564613161613236343033633365653734616633353932
"""
"""What `ansible-vault encrypt` made of `vault_password: admin` and `vault_other: x`, with the same password."""
HOSTS = "all: {children: {leaves: {vars: {region: north, row: 3}, hosts: {leaf1: {ansible_port: PORT, rack: 7}}}}}\n"
HOSTS_INI = "[leaves]\nleaf1 ansible_port=PORT rack=7\n[leaves:vars]\nregion=north\nrow=3\n"
BESIDE = {
    "group_vars/all/vars.yml": "{ansible_network_os: arista.eos.eos, ansible_httpapi_use_ssl: 'false', "
                               "ansible_host: 127.0.0.1, ansible_user: admin, region: east, site: all}\n",
    "group_vars/leaves.yml": "region: west\n",
    "host_vars/leaf1.yml": "rack: 8\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A switch."""
    with emulated(Wanted("eos", "leaf1", plain=True)) as found:
        yield found


@pytest.fixture(params=["hosts.yml", "hosts.ini"])
def inventory(
    request: pytest.FixtureRequest, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An inventory of it, in either form, with variables beside it."""
    monkeypatch.setenv("CPAL_VAULT_PASSWORD", "open sesame")
    file = tmp_path / str(request.param)
    text = HOSTS if file.suffix == ".yml" else HOSTS_INI
    file.write_text(text.replace("PORT", str(running["leaf1"].port)))
    for name, content in BESIDE.items():
        write(tmp_path / name, content)
    return file


def write(file: Path, content: str) -> None:
    """A file in a directory that may not be there yet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def asked(inventory: Path) -> str | CpalError:
    """What the switch calls itself, or why it does not."""
    with cpal.devices(inventory) as devices:
        answers = devices.tell("facts")
    return str(answers.values["leaf1"].hostname) if answers.values else answers.failures["leaf1"]


def test_what_is_nearer_to_a_host_goes_before(inventory: Path) -> None:
    [leaf1] = read(inventory)
    assert (leaf1.driver, leaf1.host, leaf1.way, leaf1.user) == ("eos", "127.0.0.1", "http", "admin")
    assert dict(leaf1.tags) == {"region": "west", "site": "all", "rack": "8", "row": "3"}, "as ansible-inventory has it"


@pytest.mark.parametrize(
    "beside",
    [
        {"group_vars/leaves.yml": f"ansible_password: {CLOSED_VALUE}"},
        {
            "group_vars/leaves.yml": f"closed: {CLOSED_VALUE}",
            "host_vars/leaf1.yml": 'ansible_password: "{{ closed }}"\n',
        },
        {"group_vars/all/vault.yml": CLOSED_FILE, "host_vars/leaf1.yml": 'ansible_password: "{{ vault_password }}"\n'},
    ],
    ids=["a closed value", "a template of a closed value", "a template of a closed file"],
)
def test_a_secret_is_opened_when_it_is_used(
    inventory: Path, beside: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in beside.items():
        write(inventory.parent / name, content)
    [leaf1] = read(inventory)
    assert "admin" not in leaf1.password
    assert "closed" not in leaf1.tags
    assert asked(inventory) == "leaf1"
    monkeypatch.setenv("CPAL_VAULT_PASSWORD", "guessed")
    assert isinstance(refused := asked(inventory), Unauthenticated)
    assert "$ANSIBLE_VAULT" not in str(refused)
    monkeypatch.delenv("CPAL_VAULT_PASSWORD")
    assert isinstance(asked(inventory), NotFound)


def test_ids_have_passwords_of_their_own_in_files_and_scripts(inventory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CPAL_VAULT_PASSWORD")
    folder = inventory.parent
    write(folder / "group_vars" / "leaves.yml", f"ansible_password: {CLOSED_FOR_AN_ID}")
    write(folder / "dev", "open dev\n")
    script = '#!/bin/sh\ntest "$*" = "--vault-id prod" && echo open prod\n'
    for name, text in (
        ("prod", "open prod\n"),
        ("prod-client.sh", script),
        ("plain.sh", "#!/bin/sh\necho open prod\n"),
    ):
        write(folder / name, text)
        (folder / name).chmod(0o700 if name.endswith(".sh") else 0o600)
        monkeypatch.setenv("ANSIBLE_VAULT_IDENTITY_LIST", f"dev@{folder}/dev, prod@{folder}/{name}")
        assert asked(inventory) == "leaf1"
    monkeypatch.setenv("ANSIBLE_VAULT_IDENTITY_LIST", f"other@{folder}/dev")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", f"{folder}/plain.sh")
    assert asked(inventory) == "leaf1"
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", f"{folder}/dev")
    refused = asked(inventory)
    assert isinstance(refused, Unauthenticated)
    assert "closed for the id prod" in str(refused)
    assert "open dev" not in str(refused)
    write(folder / "failing.sh", "#!/bin/sh\necho no such entry >&2\nexit 3\n")
    (folder / "failing.sh").chmod(0o700)
    monkeypatch.setenv("ANSIBLE_VAULT_IDENTITY_LIST", f"prod@{folder}/failing.sh")
    refused = asked(inventory)
    assert isinstance(refused, NotFound)
    assert "no such entry" in str(refused)
    monkeypatch.setenv("ANSIBLE_VAULT_IDENTITY_LIST", "prod@prompt")
    assert isinstance(asked(inventory), Invalid)


def test_a_closed_value_stands_in_the_inventory_itself(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPAL_VAULT_PASSWORD", "open sesame")
    write(tmp_path / "group_vars" / "all.yml", BESIDE["group_vars/all/vars.yml"])
    port = running["leaf1"].port
    (tmp_path / "hosts.yml").write_text(
        f"leaves:\n  hosts:\n    leaf1:\n      ansible_port: {port}\n      ansible_password: {CLOSED_VALUE}"
    )
    assert asked(tmp_path / "hosts.yml") == "leaf1"


FAULTS = {
    "ansible_password: hunter2\n": "leaves.yml:1:19: ansible_password: a secret stands here itself",
    "- a list\n": "leaves.yml:1:1: it holds no variables",
    "key: !other x\n": "leaves.yml:1:6: the tag !other has no meaning here",
    "a: 1\na: 2\n": "leaves.yml:2:1: a: is given twice",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_beside_the_inventory_has_its_place(inventory: Path, text: str) -> None:
    write(inventory.parent / "group_vars" / "leaves.yml", text)
    with pytest.raises(Faults) as told:
        read(inventory)
    assert FAULTS[text] in str(told.value)
    assert "hunter2" not in str(told.value)
