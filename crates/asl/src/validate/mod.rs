//! What can be said about a definition only when its states are known: whether each is reached, and
//! whether there is an end.

mod advice;

use std::collections::HashMap;

use crate::definition::{State, StateRef};
use crate::diagnostic::{Diagnostic, Severity, code};

pub use advice::advice;

/// Checks the states of one level, and marks those that can be entered more than once.
pub(crate) fn level(
    members: &mut [(StateRef, &mut State, String)],
    start: Option<StateRef>,
    findings: &mut Vec<Diagnostic>,
) {
    let places: HashMap<usize, usize> =
        members.iter().enumerate().map(|(place, (state, ..))| (state.0, place)).collect();
    let targets: Vec<Vec<usize>> = members
        .iter()
        .map(|(_, state, _)| state.targets().filter_map(|target| places.get(&target.0).copied()).collect())
        .collect();
    for (place, in_loop) in in_loops(&targets).into_iter().enumerate() {
        members[place].1.in_loop = in_loop;
    }
    if !members.iter().any(|(_, state, _)| state.is_end) {
        // AWS gives no place, and then does not look for states that are not reached.
        findings.push(Diagnostic {
            severity: Severity::Error,
            code: code::MISSING_END_STATE,
            message: "Workflow has no terminal state".to_owned(),
            location: None,
        });
        return;
    }
    let start = start.and_then(|start| places.get(&start.0).copied());
    for (place, reached) in reached(&targets, start).into_iter().enumerate() {
        if !reached {
            let (_, state, location) = &members[place];
            let message = format!("State \"{}\" is not reachable.", state.name);
            findings.push(Diagnostic::error(code::MISSING_TRANSITION_TARGET, location.as_str(), message));
        }
    }
}

fn reached(targets: &[Vec<usize>], start: Option<usize>) -> Vec<bool> {
    let mut reached = vec![false; targets.len()];
    let mut waiting: Vec<usize> = start.into_iter().collect();
    while let Some(place) = waiting.pop() {
        if !std::mem::replace(&mut reached[place], true) {
            waiting.extend(&targets[place]);
        }
    }
    reached
}

/// The states on a way back to themselves, and those on a way from one such state to another: what is
/// left when states that nothing leads to, and states that lead nowhere, are taken away again and again.
fn in_loops(targets: &[Vec<usize>]) -> Vec<bool> {
    let mut reversed = vec![Vec::new(); targets.len()];
    for (from, to) in targets.iter().enumerate() {
        to.iter().for_each(|to| reversed[*to].push(from));
    }
    let mut left = vec![true; targets.len()];
    for (forth, back) in [(targets, reversed.as_slice()), (reversed.as_slice(), targets)] {
        let mut count: Vec<usize> = back.iter().map(|from| from.iter().filter(|from| left[**from]).count()).collect();
        let mut free: Vec<usize> = (0..targets.len()).filter(|place| left[*place] && count[*place] == 0).collect();
        while let Some(place) = free.pop() {
            left[place] = false;
            for next in &forth[place] {
                count[*next] -= 1;
                if count[*next] == 0 && left[*next] {
                    free.push(*next);
                }
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_found() {
        // 0 -> 1 -> 2 -> 1, 2 -> 3 -> 4 -> 4, 4 -> 5
        let targets = [vec![1], vec![2], vec![1, 3], vec![4], vec![4, 5], vec![]];
        assert_eq!(in_loops(&targets), [false, true, true, true, true, false]);
        assert_eq!(in_loops(&[vec![1], vec![2], vec![]]), [false; 3]);
        assert_eq!(in_loops(&[]), [false; 0]);
    }

    #[test]
    fn reaching_follows_all_targets() {
        let targets = [vec![1, 2], vec![0], vec![], vec![2]];
        assert_eq!(reached(&targets, Some(0)), [true, true, true, false]);
        assert_eq!(reached(&targets, None), [false; 4]);
    }
}
