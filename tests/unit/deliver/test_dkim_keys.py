"""Keys that are not what they should be: each a sentence with its file and its key in config."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from publisher.deliver.dkim_keys import read_dkim
from publisher.errors import Misconfigured
from publisher.model.dkim import Algorithm, DkimFiles
from publisher.model.problems import Place, Problem
from tests.support.signing import made_dkim, pem, written_key


def refused(folder: Path, data: bytes, algorithm: Algorithm = Algorithm.RSA) -> Problem:
    key = written_key(folder, algorithm, data)
    with pytest.raises(Misconfigured) as caught:
        read_dkim(DkimFiles(domain="a.test", files=(key,)))
    [problem] = caught.value.problems
    assert problem.args["file"] == str(key.file)
    return problem


def locked() -> bytes:
    key = load_pem_private_key(pem(Algorithm.RSA), password=None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


@pytest.mark.parametrize("data", [b"", b"not a key", pem(Algorithm.RSA)[:200], b"\xff\0"])
def test_what_is_no_key_is_refused(tmp_path: Path, data: bytes) -> None:
    assert "no private key" in refused(tmp_path, data).message


def test_a_locked_key_is_refused(tmp_path: Path) -> None:
    assert "locked" in refused(tmp_path, locked()).message


def test_a_key_that_is_too_short_is_refused_with_its_size(tmp_path: Path) -> None:
    problem = refused(tmp_path, pem(Algorithm.RSA, 1024))

    assert problem.args["bits"] == 1024
    assert str(problem.args["how"]).startswith("openssl genrsa")


@pytest.mark.parametrize("wanted", list(Algorithm))
def test_a_key_of_the_other_kind_is_refused(tmp_path: Path, wanted: Algorithm) -> None:
    other = Algorithm.ED25519 if wanted is Algorithm.RSA else Algorithm.RSA

    assert "another kind" in refused(tmp_path, pem(other), wanted).message


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_key_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    key = written_key(tmp_path, Algorithm.RSA)
    key.file.chmod(mode)

    with pytest.raises(Misconfigured) as caught:
        read_dkim(DkimFiles(domain="a.test", files=(key,)))
    assert "Others can read" in caught.value.problems[0].message


def test_a_key_may_be_read_by_its_group(tmp_path: Path) -> None:
    key = written_key(tmp_path, Algorithm.RSA)
    key.file.chmod(0o640)

    assert read_dkim(DkimFiles(domain="a.test", files=(key,))).keys[0].selector == "s1"


def test_all_that_is_wrong_is_said_at_once_and_where(tmp_path: Path) -> None:
    files = [written_key(tmp_path, one, b"x") for one in Algorithm]
    files[1].file.unlink()

    with pytest.raises(Misconfigured) as caught:
        read_dkim(DkimFiles(domain="a.test", files=tuple(files)))
    assert [problem.place for problem in caught.value.problems] == [Place(), Place()]
    assert "cannot be read" in caught.value.problems[1].message


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    assert "PRIVATE" not in repr(made_dkim(tmp_path))
    assert "sign" not in repr(made_dkim(tmp_path).keys[0])
