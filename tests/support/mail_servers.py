"""Real mail servers from packages: Postfix, Dovecot, rspamd; each in a folder and on a port of ours.

Nothing of the machine's own servers is read, written or stopped.
"""

import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rrset
import trustme

from tests.support.newsroom import free_port

HOST = "127.0.0.1"
PASSWORD = "secret"  # noqa: S105 - of every mailbox here
_PATIENCE = 60  # seconds until a server answers; a busy machine starts slowly
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def program(name: str) -> str | None:
    """Where a server is installed; many are in no ordinary user's path."""
    return shutil.which(name, path=_PATH)


def why_not(*needed: str) -> str:
    """Why these cannot be run here; empty where they can."""
    absent = [name for name in needed if program(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    if os.geteuid() != 0:
        return "Postfix and Dovecot start by root alone"
    if "dovecot" in needed and not _said("dovecot", "--version").startswith("2.3"):
        return "this Dovecot is configured in another language"
    return ""


@contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A folder that the servers' users may enter; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory(prefix="mail-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


# --- Postfix ------------------------------------------------------------------------------------

_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = relay.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
smtp_host_lookup = native
lmtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = permit_mynetworks, reject
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = readers.test
virtual_mailbox_base = {mail}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
relay_domains = {domain}
transport_maps = inline:{{ {domain}=lmtp:inet:127.0.0.1:{lmtp} }}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""
_MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@contextmanager
def postfix(
    folder: Path, *, port: int, users: tuple[str, ...], domain: str, lmtp: int
) -> Iterator[Path]:
    """A relay that delivers to these users of readers.test, and hands `domain` over by LMTP.

    Everybody else of readers.test bounces after the mail was taken.  Gives its log.
    """
    config = folder / "postfix"
    config.mkdir()
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "postfix")
    nobody = pwd.getpwnam("nobody")
    facts = {
        "folder": folder,
        "mail": mailboxes(folder),
        "mailboxes": ", ".join(f"{user}@readers.test={user}/" for user in users),
        "uid": nobody.pw_uid,
        "gid": nobody.pw_gid,
        "domain": domain,
        "lmtp": lmtp,
    }
    (config / "main.cf").write_text(_MAIN_CF.format(**facts))
    (config / "master.cf").write_text(_MASTER_CF.format(port=port))
    _postfix(config, "start")
    try:
        _await_port(port)
        yield folder / "mail.log"
    finally:
        _postfix(config, "stop")


def _postfix(config: Path, verb: str) -> None:
    path = program("postfix")
    assert path
    ran = subprocess.run(
        [path, "-c", str(config), verb],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        env={**os.environ, "PATH": _PATH},
    )
    assert ran.returncode == 0, (verb, ran.stdout, ran.stderr)


def mailboxes(folder: Path) -> Path:
    """Where Postfix delivers and Dovecot reads."""
    mail = folder / "mail"
    if not mail.exists():
        mail.mkdir()
        nobody = pwd.getpwnam("nobody")
        os.chown(mail, nobody.pw_uid, nobody.pw_gid)
    return mail


# --- Dovecot ------------------------------------------------------------------------------------

_DOVECOT = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{mail}/%n
first_valid_uid = 100
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%n
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
"""


@contextmanager
def dovecot(folder: Path, *, port: int, tls: int) -> Iterator[ssl.SSLContext]:
    """The mailboxes over IMAP, plain and with TLS; gives what trusts its certificate."""
    authority = trustme.CA()
    paper = authority.issue_cert(HOST)
    paper.private_key_pem.write_to_path(folder / "key.pem")
    for one in paper.cert_chain_pems:
        one.write_to_path(folder / "cert.pem", append=True)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    nobody = pwd.getpwnam("nobody")
    config = folder / "dovecot.conf"
    config.write_text(
        _DOVECOT.format(
            folder=folder,
            mail=mailboxes(folder),
            password=PASSWORD,
            uid=nobody.pw_uid,
            gid=nobody.pw_gid,
            port=port,
            tls=tls,
        )
    )
    path = program("dovecot")
    assert path
    with _process([path, "-F", "-c", str(config)], folder / "dovecot.out"):
        _await_port(port)
        yield trust


# --- rspamd -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rspamd:
    """A running rspamd."""

    port: int

    def wait(self) -> None:
        """It compiles its rules for some seconds."""
        _await_port(self.port)

    def judge(self, message: bytes, **envelope: str) -> Mapping[str, Any]:
        """What it says of a mail; `envelope`: ip, from, rcpt, helo."""
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}/checkv2",
            data=message,
            headers={name.rstrip("_").title(): value for name, value in envelope.items()},
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - ours
            found: Mapping[str, Any] = json.load(answer)
        return found


@contextmanager
def rspamd(folder: Path, *, nameserver: int) -> Iterator[Rspamd]:
    """The rules that come with it, asking our DNS alone; give it time with `wait`."""
    local, work = folder / "rspamd" / "local.d", folder / "rspamd" / "work"
    local.mkdir(parents=True)
    work.mkdir()
    shutil.chown(work, "_rspamd")
    port, controller = free_port(), free_port()
    settings = {
        "worker-normal": f'bind_socket = "{HOST}:{port}";\ncount = 1;\n',
        "worker-controller": f'bind_socket = "{HOST}:{controller}";\n',
        "worker-proxy": "enabled = false;\n",
        "worker-fuzzy": "enabled = false;\n",
        # Hyperscan compiles for many seconds what is asked twice here.
        "options": f'dns {{ nameserver = ["{HOST}:{nameserver}:10"]; timeout = 1s; }}\n'
        "disable_hyperscan = true;\n",
        "logging": f'type = "file";\nfilename = "{work}/rspamd.log";\n',
    }
    for name, text in settings.items():
        (local / f"{name}.inc").write_text(text)
    path = program("rspamd")
    assert path
    places = {"LOCAL_CONFDIR": local.parent, "DBDIR": work, "RUNDIR": work, "LOGDIR": work}
    command = [path, "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", "/etc/rspamd/rspamd.conf"]
    command += [f"--var={name}={place}" for name, place in places.items()]
    with _process(command, folder / "rspamd.out"):
        yield Rspamd(port=port)


# --- DNS ----------------------------------------------------------------------------------------


@contextmanager
def name_server(zone: Mapping[tuple[str, str], str]) -> Iterator[int]:
    """A name server that knows these records, by name and type; gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((HOST, 0))
        door.settimeout(0.2)
        over = threading.Event()
        thread = threading.Thread(target=_answer, args=(door, zone, over), daemon=True)
        thread.start()
        try:
            yield door.getsockname()[1]
        finally:
            over.set()
            thread.join()


def _answer(
    door: socket.socket, zone: Mapping[tuple[str, str], str], over: threading.Event
) -> None:
    while not over.is_set():
        try:
            asked, who = door.recvfrom(4096)
        except TimeoutError:
            continue
        query = dns.message.from_wire(asked)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        [question] = query.question
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True).lower()
        if value := zone.get((name, kind)):
            text = value if kind != "TXT" else " ".join(f'"{one}"' for one in _strings(value))
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, text))
        elif not any(known == name for known, _ in zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        door.sendto(answer.to_wire(), who)


def _strings(value: str) -> list[str]:
    """A TXT record's strings have at most 255 octets."""
    plain = value.replace('"', "")
    return [plain[at : at + 250] for at in range(0, len(plain), 250)]


# --- processes ----------------------------------------------------------------------------------


@contextmanager
def _process(command: list[str], log: Path) -> Iterator[None]:
    """A server in the foreground; it is gone with the block, and nobody else's is touched."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, "PATH": _PATH}
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_port(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        assert time.monotonic() < deadline, f"nobody listens on {port}"
        time.sleep(0.05)


def _said(name: str, *words: str) -> str:
    path = program(name)
    assert path
    return subprocess.run([path, *words], capture_output=True, text=True, timeout=20).stdout
