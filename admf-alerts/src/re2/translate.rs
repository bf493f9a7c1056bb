//! From the syntax of RE2 to that of the crate `regex`.

/// Writes a pattern of Go for the crate `regex`: classes such as `\d` are of ASCII alone, in brackets
/// nothing is special but `\`, `-` and `[:class:]`, `{` that counts nothing is itself, `\Q…\E` quotes.
pub(super) fn translated(pattern: &str) -> Result<String, String> {
    let mut reader = Reader {
        rest: pattern,
        out: String::with_capacity(pattern.len()),
        open: 0,
    };
    let mut repeated = false;
    while let Some(c) = reader.rest.chars().next() {
        let repeats = match c {
            '*' | '+' | '?' => 1,
            '{' => counts(reader.rest).unwrap_or(0),
            _ => 0,
        };
        if repeats > 0 {
            if std::mem::replace(&mut repeated, true) {
                return Err("a repetition is repeated".to_owned());
            }
            let counts = reader.rest[..repeats].split(|c: char| !c.is_ascii_digit());
            if counts
                .into_iter()
                .any(|it| it.len() > 4 || it.parse().unwrap_or(0) > 1000)
            {
                return Err("more than 1000 repetitions".to_owned());
            }
            reader.copy(repeats);
            if reader.rest.starts_with('?') {
                reader.copy(1);
            }
            continue;
        }
        repeated = false;
        match c {
            '\\' => reader.escape()?,
            '[' => reader.bracket()?,
            '(' if reader.rest.starts_with("(?") => reader.group()?,
            '{' => reader.write(r"\{", 1),
            '(' => {
                reader.open += 1;
                reader.copy(1);
            }
            ')' => {
                reader.open = reader.open.checked_sub(1).ok_or("`)` closes nothing")?;
                reader.copy(1);
            }
            c => reader.copy(c.len_utf8()),
        }
    }
    Ok(reader.out)
}

struct Reader<'p> {
    rest: &'p str,
    out: String,
    /// How many groups are not closed: none may close what is around the pattern.
    open: usize,
}

impl Reader<'_> {
    fn copy(&mut self, length: usize) {
        self.write(&self.rest[..length], length);
    }

    fn write(&mut self, text: &str, taken: usize) {
        self.out.push_str(text);
        self.rest = &self.rest[taken..];
    }

    fn write_char(&mut self, c: char) {
        self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    }

    /// Takes the beginning of a group that has flags or a name.
    fn group(&mut self) -> Result<(), String> {
        let inside = &self.rest[2..];
        if inside.starts_with("P<") {
            self.copy(4);
            self.open += 1;
            return Ok(());
        }
        let flags = inside.find(|c| !"imsU-".contains(c));
        match flags.map(|flags| (flags, inside.as_bytes()[flags])) {
            Some((flags, end @ (b':' | b')'))) => {
                self.copy(2 + flags + 1);
                self.open += usize::from(end == b':');
            }
            _ => return Err("there is no such group".to_owned()),
        }
        Ok(())
    }

    /// Takes what begins with a backslash, outside of brackets.
    fn escape(&mut self) -> Result<(), String> {
        if let Some(quoted) = self.rest.strip_prefix(r"\Q") {
            let end = quoted.find(r"\E");
            let taken = end.map_or(self.rest.len(), |end| end + 4);
            let quoted = regex::escape(&quoted[..end.unwrap_or(quoted.len())]);
            self.write(&quoted, taken);
            return Ok(());
        }
        match &self.rest.get(..2) {
            Some(r"\A" | r"\z") => self.copy(2),
            Some(r"\b") => self.write(r"(?-u:\b)", 2),
            Some(r"\B") => self.write(r"(?-u:\B)", 2),
            _ if self.class()? => {}
            _ => {
                let c = self.character()?;
                self.write_char(c);
            }
        }
        Ok(())
    }

    /// Takes a class by a backslash, if there is one.
    fn class(&mut self) -> Result<bool, String> {
        let class = match self.rest.get(..2) {
            Some(r"\d") => "[0-9]",
            Some(r"\D") => "[^0-9]",
            Some(r"\w") => "[0-9A-Za-z_]",
            Some(r"\W") => "[^0-9A-Za-z_]",
            Some(r"\s") => r"[\t\n\f\r ]",
            Some(r"\S") => r"[^\t\n\f\r ]",
            Some(r"\p" | r"\P") => {
                let name = &self.rest[2..];
                let length = match name.chars().next() {
                    Some('{') => name.find('}').map(|end| end + 1),
                    c => c.map(char::len_utf8),
                };
                self.copy(2 + length.ok_or("a class without a name")?);
                return Ok(true);
            }
            _ => return Ok(false),
        };
        self.write(class, 2);
        Ok(true)
    }

    fn bracket(&mut self) -> Result<(), String> {
        self.copy(if self.rest.starts_with("[^") { 2 } else { 1 });
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if self.rest.starts_with("[:")
                && let Some(end) = self.rest.find(":]")
            {
                let name = self.rest[2..end].trim_start_matches('^');
                if !CLASSES.contains(&name) {
                    return Err(format!("there is no class `[:{name}:]`"));
                }
                self.copy(end + 2);
                continue;
            }
            if self.class()? {
                continue;
            }
            let low = self.character()?;
            self.write_char(low);
            let range = self.rest.strip_prefix('-');
            if range.is_some_and(|rest| !rest.starts_with(']')) {
                self.copy(1);
                let high = self.character()?;
                self.write_char(high);
            }
        }
        self.copy(1);
        Ok(())
    }

    /// Takes one character, as it is or by a backslash.
    fn character(&mut self) -> Result<char, String> {
        let mut chars = self.rest.chars();
        let first = chars.next().ok_or("brackets are not closed")?;
        if first != '\\' {
            self.rest = chars.as_str();
            return Ok(first);
        }
        let c = chars.next().ok_or("a backslash at the end")?;
        let unknown = || format!("there is no escape `\\{c}`");
        let code = match c {
            'a' => 0x07,
            'f' => 0x0c,
            't' => 0x09,
            'n' => 0x0a,
            'r' => 0x0d,
            'v' => 0x0b,
            'x' => {
                let rest = chars.as_str();
                let (digits, after) = match rest.strip_prefix('{') {
                    Some(rest) => rest.split_once('}').ok_or_else(unknown)?,
                    None => rest.split_at_checked(2).ok_or_else(unknown)?,
                };
                chars = after.chars();
                code(digits, 16).ok_or_else(unknown)?
            }
            '0'..='7' => {
                // A digit alone but 0 would be a group.
                let rest = &self.rest[1..];
                let digits = rest
                    .bytes()
                    .take(3)
                    .take_while(|it| (b'0'..=b'7').contains(it));
                let length = digits.count();
                if c != '0' && length == 1 {
                    return Err(unknown());
                }
                chars = rest[length..].chars();
                code(&rest[..length], 8).ok_or_else(unknown)?
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
            _ => return Err(unknown()),
        };
        self.rest = chars.as_str();
        char::from_u32(code).ok_or_else(unknown)
    }
}

const CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

fn code(digits: &str, radix: u32) -> Option<u32> {
    let plain = digits.chars().all(|c| c.is_digit(radix));
    u32::from_str_radix(digits, radix).ok().filter(|_| plain)
}

/// Returns the length of a brace that counts repetitions: `{2}`, `{2,}`, `{2,3}`.
fn counts(rest: &str) -> Option<usize> {
    let (inside, _) = rest[1..].split_once('}')?;
    let (least, most) = inside.split_once(',').unwrap_or((inside, "0"));
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!least.is_empty() && number(least) && number(most)).then_some(inside.len() + 2)
}
