//! A zip archive of files that are not compressed (PKWARE's APPNOTE 6.3.10), written from front to back. Its length is
//! known before the first byte, so that whoever downloads it sees how much is still to come.

/// The bit that says that names are UTF-8 (4.4.4).
const UTF8: u16 = 1 << 11;
/// What is too large for its field stands in the ZIP64 one (4.4.1.4).
const WIDE: u64 = 0xffff_ffff;
const MANY: u64 = 0xffff;
const LOCAL_BYTES: u64 = 30;
const CENTRAL_BYTES: u64 = 46;
/// The extra field with an offset of eight bytes (4.5.3).
const WIDE_OFFSET_BYTES: u64 = 12;
const END_BYTES: u64 = 22;
/// The ZIP64 end record and its locator (4.3.14, 4.3.15).
const WIDE_END_BYTES: u64 = 56 + 20;

/// CRC-32 of one byte, by its value (ISO 3309, reversed).
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let mut value = n as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[n] = value;
        n += 1;
    }
    table
};

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| CRC[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8))
}

/// How long the archive of these files is, in bytes; each by the length of its name and its own. No file may have 4 GiB.
pub(super) fn length(files: impl Iterator<Item = (usize, u64)>) -> u64 {
    let (mut offset, mut central, mut count) = (0u64, 0u64, 0u64);
    for (name, size) in files {
        central += CENTRAL_BYTES + name as u64 + if offset >= WIDE { WIDE_OFFSET_BYTES } else { 0 };
        offset += LOCAL_BYTES + name as u64 + size;
        count += 1;
    }
    offset + central + END_BYTES + if is_wide(count, offset, central) { WIDE_END_BYTES } else { 0 }
}

fn is_wide(count: u64, offset: u64, central: u64) -> bool {
    count >= MANY || offset >= WIDE || central >= WIDE
}

/// An archive on its way out.
#[derive(Debug, Default)]
pub(super) struct Zip {
    /// What stands at the end: every file once more.
    central: Vec<u8>,
    offset: u64,
    count: u64,
}

impl Zip {
    /// What stands before the file's own bytes. `at` is in milliseconds since 1970, told in UTC.
    pub(super) fn file(&mut self, name: &str, at: i64, bytes: &[u8]) -> Vec<u8> {
        let (time, date) = dos(at);
        let size = bytes.len() as u32;
        let mut same = Vec::with_capacity(26);
        for field in [20, UTF8, 0, time, date] {
            same.extend(field.to_le_bytes());
        }
        for field in [crc32(bytes), size, size] {
            same.extend(field.to_le_bytes());
        }
        same.extend((name.len() as u16).to_le_bytes());
        let is_far = self.offset >= WIDE;
        let extra = if is_far { WIDE_OFFSET_BYTES as u16 } else { 0 };
        self.central.extend(b"PK\x01\x02");
        self.central.extend(45u16.to_le_bytes());
        self.central.extend(&same);
        self.central.extend(extra.to_le_bytes());
        // No comment, the first disk, no attributes.
        self.central.extend([0; 10]);
        self.central.extend((self.offset.min(WIDE) as u32).to_le_bytes());
        self.central.extend(name.as_bytes());
        if is_far {
            self.central.extend(1u16.to_le_bytes());
            self.central.extend(8u16.to_le_bytes());
            self.central.extend(self.offset.to_le_bytes());
        }
        let mut local = b"PK\x03\x04".to_vec();
        local.extend(same);
        local.extend(0u16.to_le_bytes());
        local.extend(name.as_bytes());
        self.offset += (local.len() + bytes.len()) as u64;
        self.count += 1;
        local
    }

    /// What stands after the last file.
    pub(super) fn end(self) -> Vec<u8> {
        let (central, offset, count) = (self.central.len() as u64, self.offset, self.count);
        let mut end = self.central;
        if is_wide(count, offset, central) {
            end.extend(b"PK\x06\x06");
            end.extend(44u64.to_le_bytes());
            end.extend([45, 0, 45, 0]);
            end.extend([0; 8]);
            for field in [count, count, central, offset] {
                end.extend(field.to_le_bytes());
            }
            end.extend(b"PK\x06\x07");
            end.extend([0; 4]);
            end.extend((offset + central).to_le_bytes());
            end.extend(1u32.to_le_bytes());
        }
        end.extend(b"PK\x05\x06");
        end.extend([0; 4]);
        for field in [count.min(MANY) as u16; 2] {
            end.extend(field.to_le_bytes());
        }
        for field in [central, offset] {
            end.extend((field.min(WIDE) as u32).to_le_bytes());
        }
        end.extend([0; 2]);
        end
    }
}

/// Time and date as MS-DOS wrote them (4.4.6), which begins in 1980.
fn dos(at: i64) -> (u16, u16) {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    if at.year() < 1980 {
        return (0, (1 << 5) | 1);
    }
    let (year, month, day) = (at.year() as u16 - 1980, at.month() as u16, at.day() as u16);
    let (hour, minute, second) = (at.hour() as u16, at.minute() as u16, at.second() as u16);
    ((hour << 11) | (minute << 5) | (second / 2), ((year & 0x7f) << 9) | (month << 5) | day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// What Python's own zipfile, which we did not write, finds in it after it has checked every sum.
    fn read_back(archive: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), archive).unwrap();
        let script = "import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
i = z.infolist()
print(len(i), i[0].filename, i[0].date_time, z.read(i[0]).decode(), i[-1].filename, z.read(i[-1]).decode())";
        let ran =
            Command::new("python3").env("PYTHONUTF8", "1").arg("-c").arg(script).arg(file.path()).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap().trim_end().to_owned()
    }

    fn archive(files: &[(String, &str)]) -> Vec<u8> {
        let (mut zip, mut out) = (Zip::default(), Vec::new());
        for (name, text) in files {
            out.extend(zip.file(name, 1_772_366_700_000, text.as_bytes()));
            out.extend(text.as_bytes());
        }
        out.extend(zip.end());
        assert_eq!(out.len() as u64, length(files.iter().map(|(name, text)| (name.len(), text.len() as u64))));
        out
    }

    #[test]
    fn another_program_reads_what_was_written_and_its_length_was_known() {
        let found = read_back(&archive(&[("één.txt".into(), "Dag, Zoë"), ("mail/2.eml".into(), "twee")]));
        assert_eq!(found, "2 één.txt (2026, 3, 1, 12, 5, 0) Dag, Zoë mail/2.eml twee");
    }

    #[test]
    fn more_files_than_an_old_archive_can_count_are_all_there() {
        let files: Vec<_> = (0..70_000).map(|n| (format!("{n}"), "x")).collect();
        assert_eq!(read_back(&archive(&files)), "70000 0 (2026, 3, 1, 12, 5, 0) x 69999 x");
    }

    #[test]
    fn what_lies_beyond_four_gigabytes_has_a_wide_offset() {
        let mut zip = Zip { offset: WIDE, ..Zip::default() };
        let central = CENTRAL_BYTES + 1 + WIDE_OFFSET_BYTES;
        zip.file("a", 0, b"x");
        let end = zip.end();
        assert_eq!(end.len() as u64, central + WIDE_END_BYTES + END_BYTES);
        assert_eq!(end[42..46], [0xff; 4]);
        assert_eq!(end[CENTRAL_BYTES as usize + 5..central as usize], WIDE.to_le_bytes());
    }
}
