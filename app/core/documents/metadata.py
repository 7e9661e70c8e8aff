"""The XMP packet of a file that is PDF/A-3a and PDF/UA-1 at once."""

from __future__ import annotations

from datetime import UTC, datetime

from weasyprint.document import DocumentMetadata

# PDF/A admits a foreign property only with its schema beside it (ISO 19005-3, 6.6.2.3), and
# PDF/UA readers look in the first rdf:RDF only: both stand in the one that WeasyPrint writes.
_PDFUA_CLAIM = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about=""
    xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
    xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
  <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
      <pdfaProperty:name>part</pdfaProperty:name>
      <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
      <pdfaProperty:category>internal</pdfaProperty:category>
      <pdfaProperty:description>Part of ISO 14289 claimed</pdfaProperty:description>
    </rdf:li></rdf:Seq></pdfaSchema:property>
  </rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


class AccessibleMetadata(DocumentMetadata):
    """WeasyPrint's metadata with the PDF/UA-1 claim added to its one rdf:RDF."""

    def generate_rdf_metadata(self, variant: str, version: int, conformance: str) -> bytes:
        """The RDF of the document, UTF-8."""
        packet: bytes = super().generate_rdf_metadata(variant, version, conformance)
        return packet.replace(b"</rdf:RDF>", _PDFUA_CLAIM + b"</rdf:RDF>")


def w3c_date(instant: datetime) -> str:
    """`instant` (aware) to the second, in UTC, as XMP and WeasyPrint want it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
