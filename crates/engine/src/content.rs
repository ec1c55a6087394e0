//! What a journal row holds: the history events of a transition and the checkpoint after it, packed.
//!
//! AWS's history shows the same data again and again (a state's output is the next one's input is its
//! task's input), and the checkpoint holds it once more. Writing that out is most of what a transition
//! costs. LZ4 takes the repetitions out faster than the disk would have taken them in: a row shrinks to
//! about a fifth.

use asl::{Execution, HistoryEvent};
use serde_json::Value;

/// No LZ4 block unpacks to more than this many times its size: what claims to is damaged.
const MAX_RATIO: usize = 255;

/// Why the content of a row cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    #[error("it is damaged: {0}")]
    Packing(#[from] lz4_flex::block::DecompressError),
    #[error("it is damaged: it claims to be larger than it can be")]
    Size,
    #[error("it is not of this version: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it has no checkpoint")]
    NoCheckpoint,
}

/// Packs two lines of JSON: the events, and the checkpoint (empty for an execution that has
/// succeeded, which never goes on).
pub(crate) fn pack(events: &[HistoryEvent], checkpoint: Option<&Execution>) -> Vec<u8> {
    // Neither holds a map with keys that are no strings, the one thing that fails; and compact JSON
    // holds no line break.
    const PLAIN: &str = "events and checkpoints are plain JSON";
    let mut text = Vec::with_capacity(8 * 1024);
    serde_json::to_writer(&mut text, events).expect(PLAIN);
    text.push(b'\n');
    if let Some(checkpoint) = checkpoint {
        serde_json::to_writer(&mut text, checkpoint).expect(PLAIN);
    }
    lz4_flex::compress_prepend_size(&text)
}

/// The events of a row, as AWS's `GetExecutionHistory` has them.
pub(crate) fn events(packed: &[u8]) -> Result<Vec<Value>, ContentError> {
    let text = unpack(packed)?;
    let (events, _) = lines(&text);
    Ok(serde_json::from_slice(events)?)
}

/// The checkpoint of a row.
pub(crate) fn checkpoint(packed: &[u8]) -> Result<Execution, ContentError> {
    let text = unpack(packed)?;
    match lines(&text) {
        (_, []) => Err(ContentError::NoCheckpoint),
        (_, checkpoint) => Ok(serde_json::from_slice(checkpoint)?),
    }
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, ContentError> {
    let (size, _) = lz4_flex::block::uncompressed_size(packed)?;
    if size / MAX_RATIO > packed.len() {
        return Err(ContentError::Size);
    }
    Ok(lz4_flex::decompress_size_prepended(packed)?)
}

fn lines(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use asl::{Moment, Start, StateMachine};
    use jiff::Timestamp;

    fn waiting() -> (Execution, Vec<HistoryEvent>) {
        let text = r#"{"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": true}}}"#;
        let machine = StateMachine::parse(text).expect("a definition");
        let start = Start {
            input: serde_json::json!({"text": "two\nlines", "ballast": "x".repeat(2000)}),
            execution_arn: "arn:aws:states:us-east-1:123456789012:execution:machine:one".to_owned(),
            execution_name: "one".to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/states".to_owned(),
            state_machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:machine".to_owned(),
            state_machine_name: "machine".to_owned(),
            start_time: Timestamp::UNIX_EPOCH,
        };
        let (execution, transition) =
            Execution::start(&machine, start, Moment { now: Timestamp::UNIX_EPOCH, random: 1 });
        (execution, transition.history)
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let (execution, history) = waiting();
        let packed = pack(&history, Some(&execution));
        assert!(packed.len() < 1500, "repetitions take no room: {} bytes", packed.len());
        assert_eq!(checkpoint(&packed).expect("the checkpoint"), execution);
        let expected = serde_json::to_value(&history).expect("JSON");
        assert_eq!(Value::from(events(&packed).expect("the events")), expected);
        let ended = pack(&history, None);
        assert!(matches!(checkpoint(&ended), Err(ContentError::NoCheckpoint)));
        assert_eq!(events(&ended).expect("the events").len(), history.len());
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        let (execution, history) = waiting();
        let packed = pack(&history, Some(&execution));
        for length in 0..packed.len() {
            assert!(checkpoint(&packed[..length]).is_err(), "cut to {length} bytes");
        }
        let mut huge = packed;
        huge[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(checkpoint(&huge), Err(ContentError::Size)));
    }
}
