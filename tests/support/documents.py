"""Small office, web and EPUB files of our own."""

import io
import zipfile

CORE = """<?xml version="1.0"?><cp:coreProperties
 xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title>
 <dc:creator>{author}</dc:creator>
 <dcterms:created xsi:type="dcterms:W3CDTF">2024-03-01T10:00:00Z</dcterms:created>
</cp:coreProperties>"""
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def packed(files: dict[str, str | bytes]) -> bytes:
    """A zip file of these."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def docx(body: str, *, doctype: str = "", title: str = "", author: str = "") -> bytes:
    """A Word file with this inside its w:body; {i} in it is a picture that lies on a server."""
    return packed(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
            'package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.wordprocessingml.document.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="a"'
            f' Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<?xml version="1.0"?>{doctype}<w:document xmlns:w="{WORD}"'
            f' xmlns:r="{OFFICE}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
            ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
            ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">'
            f"<w:body>{body}</w:body></w:document>",
            "docProps/core.xml": CORE.format(title=title, author=author),
        }
    )


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def pptx(*slides: tuple[str, str], picture: bytes = b"") -> bytes:
    """Slides with a title and a text each; the picture stands on the first, if there is one."""
    from pptx import Presentation
    from pptx.util import Inches

    show = Presentation()
    for title, text in slides:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    if picture:
        show.slides[0].shapes.add_picture(io.BytesIO(picture), Inches(1), Inches(6), Inches(1))
    show.core_properties.title = "PowerPoint Presentation"
    stream = io.BytesIO()
    show.save(stream)
    return stream.getvalue()


def epub(*chapters: str, title: str = "A small book", author: str = "Anneli Voss") -> bytes:
    names = [f"{number}.xhtml" for number in range(len(chapters))]
    return packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            'container"><rootfiles><rootfile full-path="book.opf"/></rootfiles></container>',
            "book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/'
            f'elements/1.1/"><metadata><dc:title>{title}</dc:title><dc:creator>{author}'
            "</dc:creator></metadata><manifest>"
            + "".join(f'<item id="i{name}" href="{name}"/>' for name in names)
            + "</manifest><spine>"
            + "".join(f'<itemref idref="i{name}"/>' for name in names)
            + "</spine></package>",
            **{
                name: f"<html><body>{chapter}</body></html>"
                for name, chapter in zip(names, chapters, strict=True)
            },
        }
    )
