"""The peers that are servers: PostgreSQL, Redis, NATS.

Each is started for one benchmark with a directory of its own, listens to this machine alone, and is
stopped at its end. What is not installed, or does not come up, is left out with a note.
"""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

from setting import BenchError, run, say

# Seconds that a server may take to answer, and to stop.
PATIENCE = 20


class Server:
    """A server process, what talks to it, and the directory its clients are told."""

    def __init__(self, setting):
        self.setting = setting
        self.client = setting.peer(f"append_{self.name}")
        # A socket's path may have a hundred bytes, and the server may be another user's.
        self.directory = tempfile.mkdtemp(prefix="tacho-", dir="/tmp")
        self.data = setting.fresh(f"server-{self.name}")
        self.process = None

    @classmethod
    def find(cls):
        """Where the program is; `None` if it is not installed."""
        return shutil.which(cls.program, path=os.environ.get("PATH", "") + ":/usr/sbin")

    def start(self):
        with open(os.path.join(self.data, "output"), "wb") as output:
            # It ends with this process, however that ends.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *self.command()], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                cwd=self.data)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.ask("version")
            except BenchError as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise BenchError(f"{self.name} did not come up: {error}")
                time.sleep(0.05)

    def ask(self, word):
        return run([self.client, word, self.directory]).strip()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Redis(Server):
    name, title, program, package = "redis", "Redis", "redis-server", "redis-server"

    def command(self):
        return [
            self.find(), "--port", "0", "--unixsocket", os.path.join(self.directory, "socket"),
            "--dir", self.data, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
            "--auto-aof-rewrite-percentage", "0", "--daemonize", "no",
        ]


class Nats(Server):
    name, title, program, package = "nats", "NATS JetStream", "nats-server", "nats-server"

    def command(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with open(os.path.join(self.directory, "port"), "w") as file:
            file.write(str(port))
        return [self.find(), "--addr", "127.0.0.1", "--port", str(port), "--jetstream",
                "--store_dir", self.data]


class Postgres(Server):
    """It does not run as root; then it is the user `postgres`, whom its package makes."""

    name, title, program, package = "postgres", "PostgreSQL", "postgres", "postgresql"

    @classmethod
    def find(cls):
        found = shutil.which(cls.program)
        if found:
            return found
        folder = "/usr/lib/postgresql"
        versions = sorted(os.listdir(folder), key=float) if os.path.isdir(folder) else []
        paths = [os.path.join(folder, version, "bin", cls.program) for version in versions]
        return next((path for path in reversed(paths) if os.path.exists(path)), None)

    def as_user(self, command):
        return command if os.geteuid() else [
            "setpriv", "--pdeathsig", "TERM", "--reuid=postgres", "--regid=postgres",
            "--clear-groups", *command]

    def command(self):
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            os.chown(self.data, user.pw_uid, user.pw_gid)
            os.chmod(self.setting.directory, 0o755)
        cluster = os.path.join(self.data, "cluster")
        run(self.as_user([
            os.path.join(os.path.dirname(self.find()), "initdb"), "--pgdata", cluster,
            "--username", "bench", "--auth", "trust", "--encoding", "UTF8", "--locale", "C",
            "--no-sync"]), cwd=self.data)
        return self.as_user([
            self.find(), "-D", cluster, "-c", "listen_addresses=", "-c",
            f"unix_socket_directories={self.directory}"])


@contextlib.contextmanager
def running(setting, report):
    """Those that came up, by name; stopped when the context ends."""
    servers = {}
    with contextlib.ExitStack() as stack:
        for kind in (Postgres, Redis, Nats):
            if not kind.find():
                report.warn(f"{kind.title} is not installed, and not measured "
                            f"(Debian's package {kind.package})")
                continue
            try:
                server = kind(setting)
                stack.callback(server.stop)
                say(f"starting {kind.title}")
                report.versions[kind.name] = server.start()
                servers[kind.name] = server
            except (BenchError, OSError, KeyError) as error:
                report.warn(f"{kind.title} is not measured: {error}")
        yield servers
