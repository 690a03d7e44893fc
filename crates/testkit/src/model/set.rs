//! Sets of numbers such as `1:5,9,20:*` (RFC 3501 §9, sequence-set).

/// Which of `numbers` (ascending) the set names; `*` is the last of them.
pub(super) fn members(set: &str, numbers: &[u32]) -> Vec<u32> {
    let last = numbers.last().copied().unwrap_or(0);
    let number = |word: &str| if word == "*" { Some(last) } else { word.parse().ok() };
    let ranges: Vec<(u32, u32)> = set
        .split(',')
        .filter_map(|range| {
            let (from, to) = range.split_once(':').unwrap_or((range, range));
            let (from, to) = (number(from)?, number(to)?);
            Some((from.min(to), from.max(to)))
        })
        .collect();
    numbers.iter().copied().filter(|it| ranges.iter().any(|(from, to)| (from..=to).contains(&it))).collect()
}

/// Ascending numbers as a set.
pub(super) fn written(numbers: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, to)) if *to + 1 == *number => *to = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let range = |(from, to): &(u32, u32)| if from == to { from.to_string() } else { format!("{from}:{to}") };
    ranges.iter().map(range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_the_last_and_ranges_go_both_ways() {
        assert_eq!(members("5:2,*", &[1, 2, 3, 5, 8]), [2, 3, 5, 8]);
        assert_eq!(members("100:*", &[1, 2]), [2]);
        assert_eq!(written(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
    }
}
