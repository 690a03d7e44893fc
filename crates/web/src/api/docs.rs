//! `/api/docs`: the description as one page that people can read, made from the same JSON that programs read. Without
//! scripts and without anything from elsewhere.

use crate::problem::Kind;
use serde_json::Value;
use std::fmt::Write;

/// The page.
pub(super) fn page(api: &utoipa::openapi::OpenApi) -> String {
    let api = serde_json::to_value(api).unwrap_or_default();
    let mut out = String::with_capacity(200_000);
    out.push_str(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Postkamer API</title>\n\
         <link rel=\"stylesheet\" href=\"/style.css\">\n<h1>Postkamer API</h1>\n",
    );
    for paragraph in text(&api["info"]["description"]).split("\n\n") {
        let _ = writeln!(out, "<p>{}</p>", prose(paragraph));
    }
    out.push_str("<p>For programs: <a href=\"/api/v1/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>\n");
    contents(&mut out, &api);
    operations(&mut out, &api);
    schemas(&mut out, &api);
    problems(&mut out);
    out.push_str("</html>\n");
    out
}

fn contents(out: &mut String, api: &Value) {
    out.push_str("<nav><ul>\n");
    for tag in list(&api["tags"]) {
        let name = text(&tag["name"]);
        let _ = writeln!(out, "<li><a href=\"#{0}\">{0}</a></li>", escaped(name));
    }
    out.push_str(
        "<li><a href=\"#schemas\">schemas</a></li>\n<li><a href=\"#problems\">problems</a></li>\n</ul></nav>\n",
    );
}

fn operations(out: &mut String, api: &Value) {
    for tag in list(&api["tags"]) {
        let name = text(&tag["name"]);
        let _ = writeln!(out, "<h2 id=\"{0}\">{0}</h2>\n<p>{1}</p>", escaped(name), prose(text(&tag["description"])));
        for (path, item) in fields(&api["paths"]) {
            for (method, operation) in fields(item) {
                if list(&operation["tags"]).first().is_some_and(|first| first == name) {
                    one_operation(out, path, method, operation);
                }
            }
        }
    }
}

fn one_operation(out: &mut String, path: &str, method: &str, operation: &Value) {
    let (method, path, summary) = (method.to_uppercase(), escaped(path), prose(text(&operation["summary"])));
    let _ = writeln!(out, "<details><summary><b>{method}</b> <code>{path}</code> {summary}</summary>");
    if let Some(more) = operation["description"].as_str() {
        let _ = writeln!(out, "<p>{}</p>", prose(more));
    }
    let parameters = list(&operation["parameters"]);
    if !parameters.is_empty() {
        out.push_str("<table><tr><th>parameter</th><th>in</th><th>what it is</th></tr>\n");
        for parameter in parameters {
            let (name, place) = (escaped(text(&parameter["name"])), escaped(text(&parameter["in"])));
            let about = prose(text(&parameter["description"]));
            let _ = writeln!(out, "<tr><td><code>{name}</code></td><td>{place}</td><td>{about}</td></tr>");
        }
        out.push_str("</table>\n");
    }
    if let Some(body) = operation.pointer("/requestBody/content/application~1json/schema") {
        let _ = writeln!(out, "<p>Body: {}</p>", kind(body));
    }
    out.push_str("<table><tr><th>answer</th><th>body</th><th>when</th></tr>\n");
    for (status, answer) in fields(&operation["responses"]) {
        let body =
            fields(&answer["content"]).map(|(_, content)| kind(&content["schema"])).collect::<Vec<_>>().join(" or ");
        let when = prose(text(&answer["description"]));
        let _ = writeln!(out, "<tr><td>{}</td><td>{body}</td><td>{when}</td></tr>", escaped(status));
    }
    out.push_str("</table></details>\n");
}

fn schemas(out: &mut String, api: &Value) {
    out.push_str("<h2 id=\"schemas\">Schemas</h2>\n");
    for (name, schema) in fields(&api["components"]["schemas"]) {
        let name = escaped(name);
        let about = prose(text(&schema["description"]));
        let _ = writeln!(out, "<details id=\"schema-{name}\"><summary><code>{name}</code> {about}</summary>");
        let required = list(&schema["required"]);
        if schema["properties"].is_object() {
            out.push_str("<table><tr><th>field</th><th>type</th><th>what it is</th></tr>\n");
            for (field, property) in fields(&schema["properties"]) {
                let always = if required.iter().any(|name| name == field) { "" } else { " <i>(optional)</i>" };
                let about = prose(text(&property["description"]));
                let _ = writeln!(
                    out,
                    "<tr><td><code>{}</code>{always}</td><td>{}</td><td>{about}</td></tr>",
                    escaped(field),
                    kind(property)
                );
            }
            out.push_str("</table>\n");
        } else {
            let _ = writeln!(out, "<p>{}</p>", kind(schema));
        }
        out.push_str("</details>\n");
    }
}

fn problems(out: &mut String) {
    out.push_str(
        "<h2 id=\"problems\">Problems</h2>\n<table><tr><th>code</th><th>status</th><th>what it says</th></tr>\n",
    );
    for kind in Kind::ALL {
        let (code, status, title) = (kind.code(), kind.status().as_u16(), kind.title());
        let _ =
            writeln!(out, "<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{}</td></tr>", title.en);
    }
    out.push_str("</table>\n");
}

/// The type of a schema in a few words, with a link where it has a name.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escaped(reference.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema[several].as_array() {
            return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values
            .iter()
            .map(|value| format!("<code>{}</code>", escaped(&value.to_string())))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let name = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    };
    match (name.contains("array"), schema["format"].as_str()) {
        (true, _) => format!("list of {}", kind(&schema["items"])),
        (_, Some(format)) => format!("{} ({})", escaped(&name), escaped(format)),
        _ => escaped(&name),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// Escaped, with what stands between backquotes as code.
fn prose(words: &str) -> String {
    let mut out = String::new();
    for (n, piece) in words.split('`').enumerate() {
        let piece = escaped(piece);
        let _ = if n % 2 == 1 { write!(out, "<code>{piece}</code>") } else { write!(out, "{piece}") };
    }
    out
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_text_and_never_markup() {
        assert_eq!(prose("a <b> `x<y`"), "a &lt;b&gt; <code>x&lt;y</code>");
    }
}
