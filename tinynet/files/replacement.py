"""Replacement: a file is replaced as a whole or not at all, and a killed process leaves nothing."""

import contextlib
import hashlib
import os
import secrets
import time

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None


@contextlib.contextmanager
def temporary_file(path):
    """A new file beside the path, open for writing, that is removed after an error.

    A process that is killed leaves it there, and the next one that writes to the same path removes
    it. So that no other process takes it for one that was left, it is locked while it is open.
    """
    folder, name = os.path.split(path)
    prefix = f".tinynet-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}-"
    remove_left(folder, prefix)
    with open_locked(os.path.join(folder, prefix)) as file:
        try:
            yield file
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(file.name)
            raise


def open_locked(prefix):
    """A new file whose name begins like this, open for writing, and locked."""
    while True:
        file = open(f"{prefix}{secrets.token_hex(8)}.tmp", "xb")
        try:
            lock(file)
            is_taken = not os.path.exists(file.name)
        except BlockingIOError:
            is_taken = True
        except OSError:  # a file system without locks
            is_taken = False
        if not is_taken:
            return file
        file.close()  # before it was locked, another process took it for one that was left


def remove_left(folder, prefix):
    """Remove the temporary files, whose names begin like this, that nobody writes any more."""
    with contextlib.suppress(OSError):  # the folder may not be readable
        for name in os.listdir(folder):
            if name.startswith(prefix):
                with contextlib.suppress(OSError):  # another process writes it, or has removed it
                    remove_unlocked(os.path.join(folder, name))


def remove_unlocked(path):
    """Remove a file; an OSError if another process has locked it. Where there are no locks, only a
    file that has been left for an hour.
    """
    if fcntl is None:
        if time.time() - os.path.getmtime(path) > 3600:
            os.unlink(path)
    else:
        with open(path, "r+b") as file:
            lock(file)
            os.unlink(path)


def lock(file):
    """Lock an open file until it is closed, or its process ends; an OSError if it is locked."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def replace(path, file):
    """Bring a temporary file to the disk, and have it take the place of what is at the path."""
    file.flush()
    os.fsync(file.fileno())
    if fcntl is None:
        file.close()  # on Windows, a file that is open cannot be renamed
    os.replace(file.name, path)
    # it is there already; not every system can bring a folder to the disk
    with contextlib.suppress(OSError):
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
