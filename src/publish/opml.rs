//! OPML 2.0: the regions' feeds as lists and as a tree, for import into feed readers.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{Context, Format, feed_url, page_url};
use crate::gazetteer::Region;

/// The 38 provinces.
pub fn provinces(context: Context<'_>) -> Vec<u8> {
    document(context, &context.site.title, |writer| {
        context
            .gazetteer
            .provinces()
            .try_for_each(|region| leaf(context, writer, region))
    })
}

/// One province and its regencies.
pub fn regencies(context: Context<'_>, province: &Region) -> Vec<u8> {
    let title = format!("{}: {}", context.site.title, province.name);
    document(context, &title, |writer| branch(context, writer, province))
}

/// The country, and every province with its regencies.
pub fn tree(context: Context<'_>) -> Vec<u8> {
    document(context, &context.site.title, |writer| {
        for region in context.gazetteer.regions().iter().take(1) {
            leaf(context, writer, region)?;
        }
        context
            .gazetteer
            .provinces()
            .try_for_each(|province| branch(context, writer, province))
    })
}

type Out = Writer<Vec<u8>>;

fn document(context: Context<'_>, title: &str, body: impl FnOnce(&mut Out) -> std::io::Result<()>) -> Vec<u8> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
    let title = super::xml_text(title);
    let write = |writer: &mut Out| -> std::io::Result<()> {
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        writer.write_event(Event::Start(
            BytesStart::new("opml").with_attributes([("version", "2.0")]),
        ))?;
        writer.write_event(Event::Start(BytesStart::new("head")))?;
        writer
            .create_element("title")
            .write_text_content(BytesText::new(&title))?;
        writer
            .create_element("ownerId")
            .write_text_content(BytesText::new(context.site.base_url.as_str()))?;
        writer.write_event(Event::End(BytesEnd::new("head")))?;
        writer.write_event(Event::Start(BytesStart::new("body")))?;
        body(writer)?;
        writer.write_event(Event::End(BytesEnd::new("body")))?;
        writer.write_event(Event::End(BytesEnd::new("opml")))
    };
    write(&mut writer).expect("writing into memory cannot fail");
    writer.into_inner()
}

/// A province as a folder that holds its own feed and those of its regencies.
fn branch(context: Context<'_>, writer: &mut Out, province: &Region) -> std::io::Result<()> {
    let folder = BytesStart::new("outline").with_attributes([("text", province.name.as_str())]);
    writer.write_event(Event::Start(folder))?;
    leaf(context, writer, province)?;
    context
        .gazetteer
        .regencies_of(province.code)
        .try_for_each(|region| leaf(context, writer, region))?;
    writer.write_event(Event::End(BytesEnd::new("outline")))
}

fn leaf(context: Context<'_>, writer: &mut Out, region: &Region) -> std::io::Result<()> {
    let feed = feed_url(context.site, &region.path, Format::Atom);
    let page = page_url(context.site, &region.path);
    let attributes = [
        ("type", "rss"),
        ("text", region.name.as_str()),
        ("title", region.name.as_str()),
        ("xmlUrl", feed.as_str()),
        ("htmlUrl", page.as_str()),
    ];
    writer.write_event(Event::Empty(BytesStart::new("outline").with_attributes(attributes)))
}
