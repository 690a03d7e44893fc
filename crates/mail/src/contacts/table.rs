//! Contacts from a table as spreadsheets write it (RFC 4180, and what Dutch and Belgian ones make of it).

use super::Row;

/// The rows of a table whose first line names the columns. `None`: no column of it is known. A row that can't be read
/// has no name and no address.
pub(super) fn read(text: &str) -> Option<Vec<Row>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    // A Dutch or Belgian spreadsheet separates with semicolons, because the comma is in its numbers.
    let separator = [';', ',', '\t'].into_iter().max_by_key(|mark| first.matches(*mark).count()).unwrap_or(',');
    let mut lines = records(text, separator).into_iter();
    let columns: Vec<Column> = lines.next()?.iter().map(|name| column(name)).collect();
    if !columns.iter().any(|column| matches!(column, Column::Name | Column::FirstName | Column::Address)) {
        return None;
    }
    Some(lines.map(|cells| row(&columns, cells)).collect())
}

#[derive(Clone, Copy, PartialEq)]
enum Column {
    Name,
    FirstName,
    LastName,
    Address,
    Source,
    Id,
    Other,
}

fn column(name: &str) -> Column {
    let name: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    match name.as_str() {
        "naam" | "name" | "volledigenaam" | "fullname" | "displayname" | "bedrijf" | "bedrijfsnaam" | "company" => {
            Column::Name
        }
        "voornaam" | "firstname" | "givenname" => Column::FirstName,
        "achternaam" | "lastname" | "familyname" | "surname" => Column::LastName,
        "bron" | "source" => Column::Source,
        "id" | "extern" | "externid" | "externalid" | "nummer" | "relatienummer" | "klantnummer" => Column::Id,
        name if name.starts_with("email") || name.starts_with("mail") || name.contains("mailadres") => Column::Address,
        "adres" | "address" => Column::Other,
        _ => Column::Other,
    }
}

fn row(columns: &[Column], cells: Vec<String>) -> Row {
    let mut row = Row::default();
    let (mut first, mut last, mut source, mut id) = (String::new(), String::new(), None, None);
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cell.trim().to_owned();
        if cell.is_empty() {
            continue;
        }
        match column {
            Column::Name if row.name.is_empty() => row.name = cell,
            Column::FirstName => first = cell,
            Column::LastName => last = cell,
            Column::Address => row.addresses.extend(cell.split([';', ',', ' ']).map(str::to_owned)),
            Column::Source => source = Some(cell),
            Column::Id => id = Some(cell),
            Column::Name | Column::Other => {}
        }
    }
    if row.name.is_empty() {
        row.name = format!("{first} {last}").trim().to_owned();
    }
    row.addresses.retain(|address| !address.is_empty());
    row.external = id.map(|id| (source.unwrap_or_else(|| "csv".to_owned()), id));
    row
}

/// The records of the text; a quoted cell may hold separators, line breaks and doubled quotes.
fn records(text: &str, separator: char) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut characters) = (false, text.chars().peekable());
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            character if character == separator && !quoted => record.push(std::mem::take(&mut cell)),
            character => cell.push(character),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell);
        records.push(record);
    }
    records.retain(|record| record.iter().any(|cell| !cell.trim().is_empty()));
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dutch_spreadsheet_is_read_as_it_was_meant() {
        let text = "\u{feff}Naam;E-mailadres;Relatienummer\r\n\"Jansen; Zn\";info@jansen.nl;12\r\n;;\r\n\"De \"\"Bus\"\"\nBV\";a@bus.nl, b@bus.nl;\r\n";
        let rows = read(text).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].name.as_str(), rows[0].addresses.as_slice()),
            ("Jansen; Zn", &["info@jansen.nl".to_owned()][..])
        );
        assert_eq!(rows[0].external, Some(("csv".to_owned(), "12".to_owned())));
        assert_eq!(rows[1].name, "De \"Bus\"\nBV");
        assert_eq!(rows[1].addresses, ["a@bus.nl", "b@bus.nl"]);
    }

    #[test]
    fn first_and_last_names_make_a_name() {
        let rows = read("First name,Last name,Email\nEls,de Wit,els@x.nl\n").unwrap();
        assert_eq!(rows[0].name, "Els de Wit");
    }

    #[test]
    fn a_file_without_known_columns_is_no_table_of_contacts() {
        assert!(read("a,b\n1,2\n").is_none());
        assert!(read("").is_none());
    }
}
