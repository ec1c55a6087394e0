//! CloudWatch's `StateReason`, to the letter.

use super::{AlarmSpec, AlarmState, ComparisonOperator, Point};
use jiff::Timestamp;

/// From this many points on, CloudWatch lists them in a sentence of their own, and no more than these.
const LISTED_APART: usize = 5;

/// The reason of a state that real points (newest first) decided.
pub(super) fn of_points(spec: &AlarmSpec, state: AlarmState, points: &[Point]) -> String {
    let alarm = state == AlarmState::Alarm;
    let deciding: Vec<&Point> = points.iter().filter(|point| point.breaching == alarm).collect();
    let count = deciding.len();
    // An alarm that says how many of its points must breach explains itself in these terms.
    let (of_last, minimum) = match spec.datapoints_to_alarm {
        Some(to_alarm) => {
            let last = spec.evaluation_periods;
            let (transition, minimum) =
                if alarm { ("OK -> ALARM", to_alarm) } else { ("ALARM -> OK", last + 1 - to_alarm.min(last)) };
            (
                format!("{count} out of the last {last} datapoints"),
                format!(" (minimum {} for {transition} transition)", counted(minimum as usize, "datapoint")),
            )
        }
        None => (counted(count, "datapoint"), String::new()),
    };
    let verb = if count == 1 { "was" } else { "were" };
    let not = if alarm { "" } else { "not " };
    let comparison = comparison(spec.comparison_operator);
    let threshold = double(spec.threshold);
    let listed = deciding
        .iter()
        .take(LISTED_APART)
        .map(|point| format!("{} ({})", double(point.value), date(point.at)))
        .collect::<Vec<_>>()
        .join(", ");
    if count < LISTED_APART {
        format!(
            "Threshold Crossed: {of_last} [{listed}] {verb} {not}{comparison} the threshold ({threshold}){minimum}."
        )
    } else {
        let crossed = if alarm { "crossed" } else { "did not cross" };
        format!(
            "Threshold Crossed: {of_last} {verb} {not}{comparison} the threshold ({threshold}). \
             The most recent datapoints which {crossed} the threshold: [{listed}]{minimum}."
        )
    }
}

/// The reason of a state that was decided with missing points filled in.
pub(super) fn of_filled(spec: &AlarmSpec, found: usize, missing: usize) -> String {
    let received = match found {
        0 => "no datapoints were".to_owned(),
        1 => "1 datapoint was".to_owned(),
        more => format!("{more} datapoints were"),
    };
    let treated = match spec.treat_missing_data {
        super::TreatMissingData::Breaching => "Breaching",
        _ => "NonBreaching",
    };
    format!(
        "Threshold Crossed: {received} received for {} and {} {} treated as [{treated}].",
        counted(spec.evaluation_periods as usize, "period"),
        counted(missing, "missing datapoint"),
        if missing == 1 { "was" } else { "were" },
    )
}

/// The reason of INSUFFICIENT_DATA.
pub(super) fn of_silence(spec: &AlarmSpec) -> String {
    let periods = spec.evaluation_periods as usize;
    let verb = if periods == 1 { "was" } else { "were" };
    format!("Insufficient Data: {} {verb} unknown.", counted(periods, "datapoint"))
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn comparison(operator: ComparisonOperator) -> &'static str {
    match operator {
        ComparisonOperator::GreaterThanOrEqualToThreshold => "greater than or equal to",
        ComparisonOperator::GreaterThanThreshold => "greater than",
        ComparisonOperator::LessThanOrEqualToThreshold => "less than or equal to",
        ComparisonOperator::LessThanThreshold => "less than",
    }
}

fn date(at: Timestamp) -> String {
    at.strftime("%d/%m/%y %H:%M:%S").to_string()
}

/// A number as Java's `Double.toString` writes it, which is how CloudWatch does: always with a decimal
/// point, and with an exponent below 10^-3 and from 10^7 on.
fn double(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => {
            format!("{mantissa}.0E{exponent}")
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_written_as_java_does() {
        for (value, text) in [
            (0.0, "0.0"),
            (12.0, "12.0"),
            (-0.5, "-0.5"),
            (0.001, "0.001"),
            (0.0005, "5.0E-4"),
            (400_000.0, "400000.0"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (12_345_678.9, "1.23456789E7"),
        ] {
            assert_eq!(super::double(value), text);
        }
    }
}
