"""Where a benchmark runs: its programs, its data, its directory, the machine."""

import contextlib
import functools
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PEERS = os.path.join(HERE, "peers")
BUILT = os.path.join(HERE, ".build", "peers")

# C peers: extra flags, and for each header that must be there its Debian package.
LIBRARIES = {
    "generate": ([], {}),
    "append_file": ([], {}),
    "append_sqlite": (["-lsqlite3"], {"sqlite3.h": "libsqlite3-dev"}),
    "append_postgres": (["-lpq"], {"postgresql/libpq-fe.h": "libpq-dev"}),
    "append_redis": ([], {}),
    "append_nats": ([], {}),
    "hook_append": ([], {}),
    "hook_append_static": (["-static"], {}),
    "spawn": (["-static"], {}),
    "limits": (["-llz4", "-lpthread"], {"lz4.h": "liblz4-dev"}),
    "scan_simdjson": (["-std=c++17", "-lsimdjson"], {"simdjson.h": "libsimdjson-dev"}),
}


class BenchError(Exception):
    """Nothing was measured; the text says why and what to do."""


class Setting:
    """The working directory and everything built for it. Use as a context."""

    def __init__(self, options, report):
        self.options = options
        self.report = report
        self.quick = options.quick
        self.seed = options.seed
        self.random = random.Random(options.seed)
        self.directory = None

    def __enter__(self):
        parent = self.options.dir or os.path.join(HERE, ".build")
        os.makedirs(parent, exist_ok=True)
        self.directory = tempfile.mkdtemp(prefix="work-", dir=parent)
        self.report.machine = machine(self.directory)
        if self.report.machine["busy"] > 0.5:
            self.report.warn(
                f"the machine was busy before the start (load {self.report.machine['busy']}): "
                "trust the ratios only, and their range"
            )
        return self

    def __exit__(self, *_):
        if self.options.keep:
            say(f"left behind: {self.directory}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def choose(self, quick, normal, given=None):
        """A size: as given on the command line, else by mode."""
        return given if given is not None else quick if self.quick else normal

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def fresh(self, name):
        """An empty directory of that name; what was there is removed."""
        path = self.path(name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def shuffled(self, items):
        items = list(items)
        self.random.shuffle(items)
        return items

    # Programs

    def peer(self, name):
        """A program of peers/, compiled if it is not newer than its source."""
        target = os.path.join(BUILT, name)
        source = os.path.join(PEERS, name.removesuffix("_static") + ".c")
        compiler = "cc"
        if not os.path.exists(source):
            source, compiler = source + "pp", "c++"
        newest = max(os.path.getmtime(path) for path in (
            source, os.path.join(PEERS, "writer.h"), os.path.join(PEERS, "line_socket.h")))
        if os.path.exists(target) and os.path.getmtime(target) > newest:
            return target
        flags, headers = LIBRARIES[name]
        need_packages(headers, compiler)
        os.makedirs(BUILT, exist_ok=True)
        run([compiler, "-O2", "-Wall", "-o", target, source, *flags])
        return target

    def installed(self, program):
        """A copy of a program, made as an installation makes it.

        What a linker writes piece by piece lies in the page cache in small pieces, and then starts
        up to a tenth slower than the same bytes copied.
        """
        target = self.path("installed-" + os.path.basename(program))
        if not os.path.exists(target):
            shutil.copyfile(program, target)
            os.chmod(target, 0o755)
        return target

    def peer_if_possible(self, name):
        """As `peer`, or None with a note if what it needs cannot be had."""
        try:
            return self.peer(name)
        except BenchError as error:
            self.report.warn(f"{name} could not be built: compared without it ({error})")
            return None

    def ours(self):
        """tools/benchmarks as a program: the public interface of TachoLog."""
        return swift_build(HERE, "tacho-bench")

    def hook(self):
        return self.options.hook or swift_build(ROOT, "tacho-hook")

    def tacho(self):
        return self.options.tacho or swift_build(ROOT, "tacho")

    def python_with(self, package):
        """A Python that can import `package`, in an environment of its own; None without it."""
        environment = os.path.join(HERE, ".venv")
        python = os.path.join(environment, "bin", "python")
        if not works([python, "-c", f"import {package}"]):
            say(f"installing {package} into {os.path.relpath(environment, ROOT)}")
            if not (works([sys.executable, "-m", "venv", environment])
                    and works([python, "-m", "pip", "install", "--quiet", package])):
                self.report.warn(f"{package} could not be installed: compared without it")
                return None
        code = f"import {package}; print({package}.__version__)"
        self.report.versions[package] = run([python, "-c", code]).strip()
        return python

    # Data

    def events(self, count):
        """A file of `count` generated events; the first of a longer one are the same."""
        path = self.path(f"events-{count}.ndjson")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                command = [self.peer("generate"), "--events", str(count), "--seed", str(self.seed)]
                run(command, stdout=file)
        return path


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, **options):
    """Runs to the end and returns stdout; a failure is a BenchError with the last of stderr."""
    options.setdefault("stdout", subprocess.PIPE)
    try:
        done = subprocess.run(command, stderr=subprocess.PIPE, **options)
    except FileNotFoundError:
        raise BenchError(f"{command[0]} is not installed")
    if done.returncode != 0:
        # Swift's build prints its errors on stdout.
        last = (done.stderr or b"") + (done.stdout or b"")
        raise BenchError(
            f"{' '.join(command)}: exit {done.returncode}\n{last.decode(errors='replace')[-2000:]}"
        )
    return done.stdout.decode() if done.stdout else ""


def works(command):
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


@functools.cache
def swift_build(package, product):
    say(f"building {product} (release)")
    build = ["swift", "build", "-c", "release", "--package-path", package]
    try:
        run([*build, "--product", product])
    except BenchError:
        # A plan of a build that was made before files of the package beside it have moved is not
        # made anew by itself.
        folder = os.path.join(package, ".build")
        for name in ("release.yaml", "build.db"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(os.path.join(folder, name))
        run([*build, "--product", product])
    folder = run([*build, "--show-bin-path"]).strip()
    return os.path.join(folder, product)


def need_packages(headers, compiler="cc"):
    """Installs the Debian packages of headers that are not there, saying so."""
    missing = sorted({
        package for header, package in headers.items()
        if subprocess.run([compiler, "-E", "-x", "c" if compiler == "cc" else "c++", "-"], input=f"#include <{header}>\n".encode(),
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0
    })
    if not missing:
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise BenchError(f"a peer needs {' '.join(missing)}: sudo {' '.join(install)}")
    say(f"installing {' '.join(missing)} for a peer: {' '.join(install)}")
    run(install, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def machine(directory):
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count()
    return {
        "cpu": processor(),
        "cores": cores,
        "fs": file_system(directory),
        "kernel": f"{platform.system()} {platform.release()}",
        "busy": round(os.getloadavg()[0] / cores, 2),
    }


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def file_system(directory):
    """The type of the mount with the longest path above the directory."""
    best, kind = "", "unknown"
    try:
        with open("/proc/mounts") as file:
            for line in file:
                _, point, this, *_ = line.split()
                inside = os.path.join(point, "")
                if os.path.join(directory, "").startswith(inside) and len(inside) >= len(best):
                    best, kind = inside, this
    except OSError:
        pass
    return kind
