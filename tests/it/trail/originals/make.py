"""Makes the documents in this directory anew. They are kept, so that no test depends on the programs that make them.

Needs qpdf, LibreOffice and Chromium from Debian, and pikepdf and pyHanko from PyPI:
    target/pdf-tools/bin/python tests/it/trail/originals/make.py
"""

import datetime
import subprocess
import tempfile
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, String

HERE = Path(__file__).parent


def font():
    return Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)


def pdf(pages=2, size=(595, 842), **attributes):
    made = pikepdf.new()
    helvetica = made.make_indirect(font())
    for number in range(1, pages + 1):
        page = made.add_blank_page(page_size=size)
        text = b"BT /F1 24 Tf 72 %d Td (Agreement, page %d) Tj ET" % (size[1] - 100, number)
        page.obj.Contents = made.make_stream(text)
        page.obj.Resources = Dictionary(Font=Dictionary(F1=helvetica))
        for name, value in attributes.items():
            page.obj[Name("/" + name)] = value
    return made


def save(made, name, **how):
    how = {"deterministic_id": "encryption" not in how, "object_stream_mode": pikepdf.ObjectStreamMode.disable} | how
    made.save(HERE / name, **how)


def qpdf(*arguments):
    subprocess.run(["qpdf", *arguments], check=True, cwd=HERE)


def deep_tree():
    """Pages in a tree of many levels, everything inherited from the root, which is turned."""
    made = pdf(pages=5, size=(400, 300))
    pages = [page.obj for page in made.pages]
    root = made.Root.Pages
    root.MediaBox = Array([0, 0, 400, 300])
    root.Rotate = 90
    root.Resources = pages[0].Resources
    node, rest = root, pages
    for page in pages:
        for name in ("/MediaBox", "/Resources"):
            del page[name]
    while len(rest) > 1:
        below = made.make_indirect(Dictionary(Type=Name.Pages, Count=len(rest) - 1, Kids=Array([])))
        node.Kids = Array([rest[0], below])
        rest[0].Parent = node
        below.Parent = node
        node, rest = below, rest[1:]
    node.Kids = Array(rest)
    rest[0].Parent = node
    return made


def form():
    made = pdf(pages=1)
    field = made.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("name"), V=String("Ana"), F=4,
                   Rect=Array([72, 600, 300, 620]), P=made.pages[0].obj, DA=String("/F1 12 Tf 0 g")))
    made.pages[0].obj.Annots = Array([field])
    made.Root.AcroForm = made.make_indirect(
        Dictionary(Fields=made.make_indirect(Array([field])), DA=String("/F1 12 Tf 0 g"),
                   DR=Dictionary(Font=Dictionary(F1=font()))))
    return made


def attached():
    made = pdf(pages=1)
    made.attachments["annex.txt"] = b"An annex of its own.\n"
    made.attachments["größe.txt"] = b"Another.\n"
    with made.open_metadata() as described:
        described["pdfaid:part"] = "3"
        described["pdfaid:conformance"] = "B"
        described["dc:title"] = "An agreement"
    return made


def signed():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody else")])
    start = datetime.datetime(2026, 1, 1)
    usage = x509.KeyUsage(True, True, *[False] * 7)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(start).not_valid_after(start.replace(year=2056))
        .add_extension(usage, True).sign(key, hashes.SHA256()))
    (HERE / "somebody.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        (place / "key").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        signer = signers.SimpleSigner.load(place / "key", HERE / "somebody.pem")
    for file, how in (("signed.pdf", {}),
                      ("certified.pdf", {"certify": True, "docmdp_permissions": fields.MDPPerm.NO_CHANGES})):
        with open(HERE / "classic.pdf", "rb") as original, open(HERE / file, "wb") as out:
            about = signers.PdfSignatureMetadata(field_name="Signature", **how)
            signers.sign_pdf(IncrementalPdfFileWriter(original), about, signer=signer, output=out)


def hybrid():
    """A file with a table, and a stream of positions for what the table hides (ISO 32000-1, 7.5.8.4)."""
    out = bytearray(b"%PDF-1.5\n")
    at = {}

    def put(number, body):
        at[number] = len(out)
        out.extend(b"%d 0 obj\n" % number + body + b"\nendobj\n")

    put(1, b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>")
    put(2, b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 612 792]>>")
    put(3, b"<</Type/Page/Parent 2 0 R/Resources<<>>>>")
    packed = b"5 0 <</Fields[]>>"
    put(4, b"<</Type/ObjStm/N 1/First 4/Length %d>>stream\n" % len(packed) + packed + b"\nendstream")
    rows = bytes([2, 0, 4, 0])
    put(6, b"<</Type/XRef/Size 7/W[1 2 1]/Index[5 1]/Length %d>>stream\n" % len(rows) + rows + b"\nendstream")
    start = len(out)
    out.extend(b"xref\n0 7\n0000000005 65535 f\r\n")
    for number in (1, 2, 3, 4):
        out.extend(b"%010d 00000 n\r\n" % at[number])
    out.extend(b"0000000000 65535 f\r\n%010d 00000 n\r\n" % at[6])
    out.extend(b"trailer\n<</Size 7/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (at[6], start))
    (HERE / "hybrid.pdf").write_bytes(out)


def printed():
    with tempfile.TemporaryDirectory() as place:
        page = Path(place) / "agreement.html"
        page.write_text("<!doctype html><html lang=en><title>Agreement</title><h1>Agreement</h1><p>Between two.</p>")
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             f"--user-data-dir={place}/profile", "--no-pdf-header-footer",
             f"--print-to-pdf={HERE}/chromium.pdf", page.as_uri()], check=True, capture_output=True)
        sheet = Path(place) / "agreement.csv"
        sheet.write_text("Agreement,between two\nRent,1200\n")
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{place}/office", "--headless", "--convert-to",
             "pdf:calc_pdf_Export", "--outdir", place, str(sheet)], check=True, capture_output=True)
        (HERE / "libreoffice.pdf").write_bytes((Path(place) / "agreement.pdf").read_bytes())


AGREEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text"
  xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
  xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0">
<office:meta><dc:title>Agreement</dc:title></office:meta>
<office:styles><style:default-style style:family="paragraph">
<style:text-properties style:font-name="DejaVu Sans" fo:language="en" fo:country="GB"/></style:default-style></office:styles>
<office:body><office:text>
<text:h text:outline-level="1">Agreement</text:h><text:p>Between two.</text:p>
<text:h text:outline-level="2">Terms</text:h>
<text:list><text:list-item><text:p>Rent</text:p></text:list-item><text:list-item><text:p>Time</text:p></text:list-item></text:list>
</office:text></office:body></office:document>"""


def archived():
    """Documents that say of themselves that they are PDF/A or PDF/UA, and are, but for a file in one of the second part."""
    ways = {"office_1a.pdf": '"SelectPdfVersion":{"type":"long","value":"1"}',
            "office_2b.pdf": '"SelectPdfVersion":{"type":"long","value":"2"}',
            "office_3b.pdf": '"SelectPdfVersion":{"type":"long","value":"3"}',
            "office_ua.pdf": '"PDFUACompliance":{"type":"boolean","value":"true"}'}
    with tempfile.TemporaryDirectory() as place:
        letter = Path(place) / "agreement.fodt"
        letter.write_text(AGREEMENT)
        for name, how in ways.items():
            subprocess.run(
                ["soffice", f"-env:UserInstallation=file://{place}/office", "--headless", "--convert-to",
                 "pdf:writer_pdf_Export:{" + how + "}", "--outdir", place, str(letter)], check=True, capture_output=True)
            (HERE / name).write_bytes((Path(place) / "agreement.pdf").read_bytes())
    packed = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
    with pikepdf.open(HERE / "office_3b.pdf") as made:
        save(made, "office_3b_linearized.pdf", linearize=True, **packed)
        # A file that is filed as the third part wants it.
        annex = pikepdf.AttachedFileSpec(made, b"An annex.\n", filename="annex.txt", mime_type="text/plain",
                                         relationship=Name.Supplement)
        made.attachments["annex.txt"] = annex
        made.Root.AF = Array([made.Root.Names.EmbeddedFiles.Names[1]])
        save(made, "office_3b_attached.pdf")
    with pikepdf.open(HERE / "office_2b.pdf") as made:
        made.attachments["annex.txt"] = b"An annex.\n"
        save(made, "office_2b_attached.pdf")
    with pikepdf.open(HERE / "chromium.pdf") as made:
        with made.open_metadata(set_pikepdf_as_editor=False) as described:
            described["dc:title"] = "Agreement"
            described["pdfuaid:part"] = "1"
        made.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        save(made, "chromium_ua.pdf", **packed)


def main():
    save(pdf(), "classic.pdf")
    packed = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
    save(pdf(), "streams.pdf", **packed)
    save(pdf(pages=4), "linearized.pdf", linearize=True)
    save(pdf(pages=4), "linearized_streams.pdf", linearize=True, **packed)
    save(pdf(Rotate=90, CropBox=Array([50, 50, 500, 700])), "turned.pdf")
    save(deep_tree(), "inherited.pdf")
    save(form(), "form.pdf")
    save(form(), "form_streams.pdf", **packed)
    save(attached(), "attached.pdf", **packed)
    xfa = form()
    xfa.Root.AcroForm.XFA = xfa.make_stream(b"<xdp/>")
    save(xfa, "xfa.pdf")
    save(pdf(), "password_owner.pdf", encryption=pikepdf.Encryption(owner="owner", user=""))
    save(pdf(), "password_user.pdf", encryption=pikepdf.Encryption(owner="owner", user="user"), **packed)
    classic = (HERE / "classic.pdf").read_bytes()
    (HERE / "junk_before.pdf").write_bytes(b"HTTP/1.1 200 OK\r\n\r\n" + classic)
    (HERE / "truncated.pdf").write_bytes(classic[: len(classic) * 3 // 4])
    (HERE / "without_table.pdf").write_bytes(classic[: classic.index(b"xref")])
    hybrid()
    signed()
    printed()
    archived()


main()
