"""The process behind `EmbeddedMongo`: mongo-java-server inside this Python (JPype), behind a proxy that mends what drivers trip over.

Started as `python mongo_child.py <port> [<H2 file>]` with the jars in MJS_CP; prints `READY <port>` and ends when its standard
input closes, which also happens when its parent is killed.
"""

import os
import sys
from typing import Any

import jpype
from jpype import JClass, JProxy

WIRE_VERSION = 9  # the oldest that pymongo >= 4.18 speaks; the stock server says 8
VERSION = (4, 4, 0)


class Version:
    """What the server says it is."""

    def getVersionArray(self) -> Any:  # noqa: N802 the Java name
        return JClass("java.util.ArrayList")([JClass("java.lang.Integer")(number) for number in VERSION])

    def toVersionString(self) -> str:  # noqa: N802 the Java name
        return ".".join(map(str, VERSION))

    def getWireVersion(self) -> int:  # noqa: N802 the Java name
        return WIRE_VERSION


class Backend:
    """Passes everything on, but for the few commands that the stock server answers wrongly."""

    def __init__(self, real: Any, store: Any) -> None:
        self._real = real
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def handleMessage(self, message: Any) -> Any:  # noqa: N802 the Java name
        try:
            return self._answer(message)
        finally:
            if self._store is not None and self._store.hasUnsavedChanges():
                self._real.commit()  # durable before the reply leaves

    def _answer(self, message: Any) -> Any:
        document = message.getDocument()
        command = str(document.keySet().iterator().next())
        if command == "hello":
            return self._hello(message, document)
        for name, entries in (("insert", "documents"), ("update", "updates")):
            if command == name and _is_ordered(document) and document.get(entries).size() > 1:
                return self._one_by_one(message, document, entries)
        answer = self._real.handleMessage(message)
        if command == "insert" and answer.get("writeErrors") is not None:
            answer.put("n", JClass("java.lang.Integer")(document.get("documents").size() - answer.get("writeErrors").size()))
        return answer

    def _hello(self, message: Any, document: Any) -> Any:
        database = document.get("$db")
        document.clear()
        document.put("ismaster", JClass("java.lang.Integer")(1))
        document.put("$db", database)
        answer = self._real.handleMessage(message)
        answer.put("isWritablePrimary", JClass("java.lang.Boolean")(True))
        return answer

    def _one_by_one(self, message: Any, document: Any, entries: str) -> Any:
        """An ordered bulk stops at its first error, whose index is that in the bulk."""
        every = list(document.get(entries))
        total = _Total()
        for index, entry in enumerate(every):
            document.put(entries, JClass("java.util.Collections").singletonList(entry))
            if total.add(index, self._real.handleMessage(message)):
                break
        return total.answer()


class _Total:
    """The answers to the parts of a bulk, added up."""

    def __init__(self) -> None:
        self._counts = {"n": 0, "nModified": 0}
        self._seen: set[str] = set()
        self._upserted = JClass("java.util.ArrayList")()
        self._errors = JClass("java.util.ArrayList")()

    def add(self, index: int, answer: Any) -> bool:
        """Says whether this part failed."""
        errors = _moved(answer.get("writeErrors"), index)
        self._errors.addAll(errors)
        self._upserted.addAll(_moved(answer.get("upserted"), index))
        if not errors:
            self._count(answer)
        return bool(errors)

    def _count(self, answer: Any) -> None:
        for name in self._counts:
            if answer.get(name) is not None:
                self._seen.add(name)
                self._counts[name] += int(answer.get(name))

    def answer(self) -> Any:
        answer = JClass("de.bwaldvogel.mongo.bson.Document")()
        for name in {"n"} | self._seen:
            answer.put(name, JClass("java.lang.Integer")(self._counts[name]))
        for name, entries in (("upserted", self._upserted), ("writeErrors", self._errors)):
            if entries.size():
                answer.put(name, entries)
        answer.put("ok", JClass("java.lang.Double")(1.0))
        return answer


def _is_ordered(document: Any) -> bool:
    said = document.get("ordered")
    return said is None or bool(said)


def _moved(entries: Any, index: int) -> Any:
    moved = JClass("java.util.ArrayList")()
    for entry in entries or ():
        entry.put("index", JClass("java.lang.Integer")(index))
        moved.add(entry)
    return moved


def open_backend(file: str | None) -> Any:
    if file is None:
        real = JClass("de.bwaldvogel.mongo.backend.memory.MemoryBackend")()
    else:
        real = JClass("de.bwaldvogel.mongo.backend.h2.H2Backend")(file)
    real.version(JProxy("de.bwaldvogel.mongo.MongoVersion", inst=Version()))
    return real


def main() -> None:
    port, file = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None  # noqa: PLR2004 the port and the file
    flags = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    jpype.startJVM(*flags, classpath=os.environ["MJS_CP"].split(os.pathsep), convertStrings=False)
    real = open_backend(file)
    proxy = Backend(real, real.getMvStore() if file else None)
    server = JClass("de.bwaldvogel.mongo.MongoServer")(JProxy("de.bwaldvogel.mongo.MongoBackend", inst=proxy))
    server.bind("127.0.0.1", port)
    sys.stdout.write(f"READY {server.getLocalAddress().getPort()}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.shutdownNow()
    real.close()


if __name__ == "__main__":
    main()
