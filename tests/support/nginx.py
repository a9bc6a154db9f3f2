"""nginx, where it is installed, with a config of ours on a free port."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")

_AROUND = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{site}
}}
"""


@contextmanager
def nginx(folder: Path, site: str, port: int) -> Iterator[int]:
    """A server of `site`, one or more server blocks, from its start to its end; its pid."""
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # else it cannot read a temporary folder
    config.write_text(_AROUND.format(user=user, folder=folder, site=site), "utf-8")
    command = [str(NGINX), "-p", str(folder), "-c", str(config)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield process.pid
        finally:
            process.terminate()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except URLError as error:
            if hasattr(error, "code"):  # it answers
                return
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx does not answer")
