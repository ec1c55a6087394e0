use std::fmt;

use order::{Currency, Status};

/// Something that is counted. Its text is the key of its rows; names of people's choosing stand last in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure<'a> {
    /// Orders that came into a status.
    Orders(Status),
    /// Orders that ended, by the class of the time they took.
    OrderDuration(u16),
    /// Minor units taken less those given back.
    Revenue(Currency),
    /// The most messages that waited in all queues together.
    QueueDepth,
    /// The largest value that an alarm was judged on.
    AlarmValue {
        /// The alarm.
        alarm: &'a str,
    },
    /// Executions of a workflow that were started.
    Started {
        /// The workflow.
        workflow: &'a str,
    },
    /// Executions of a workflow that ended.
    Ended {
        /// AWS's word for how.
        status: &'a str,
        /// The workflow.
        workflow: &'a str,
    },
    /// Executions of a workflow that ended, by the class of the time they took.
    ExecutionDuration {
        /// The class of the time.
        class: u16,
        /// The workflow.
        workflow: &'a str,
    },
    /// Attempts of a state's task that ended in an error.
    TaskErrors {
        /// The workflow.
        workflow: &'a str,
        /// The state.
        state: &'a str,
    },
    /// Attempts of a state's task, by the class of the time they took.
    TaskDuration {
        /// The class of the time.
        class: u16,
        /// The workflow.
        workflow: &'a str,
        /// The state.
        state: &'a str,
    },
}

impl<'a> Measure<'a> {
    /// The measure of that text; nothing for one that this version does not know.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
        let class_and_rest = || {
            let (class, rest) = rest.split_once('/')?;
            Some((class.parse().ok()?, rest))
        };
        Some(match kind {
            "orders" => Self::Orders(Status::from_name(rest)?),
            "order-duration" => Self::OrderDuration(rest.parse().ok()?),
            "revenue" => Self::Revenue(Currency::parse(rest).ok()?),
            "queue-depth" => Self::QueueDepth,
            "alarm-value" => Self::AlarmValue { alarm: rest },
            "started" => Self::Started { workflow: rest },
            "ended" => {
                let (status, workflow) = rest.split_once('/')?;
                Self::Ended { status, workflow }
            }
            "execution-duration" => {
                let (class, workflow) = class_and_rest()?;
                Self::ExecutionDuration { class, workflow }
            }
            "task-errors" => {
                let (workflow, state) = rest.split_once('/')?;
                Self::TaskErrors { workflow, state }
            }
            "task-duration" => {
                let (class, rest) = class_and_rest()?;
                let (workflow, state) = rest.split_once('/')?;
                Self::TaskDuration { class, workflow, state }
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Measure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Orders(status) => write!(f, "orders/{}", status.name()),
            Self::OrderDuration(class) => write!(f, "order-duration/{class}"),
            Self::Revenue(currency) => write!(f, "revenue/{}", currency.code()),
            Self::QueueDepth => f.write_str("queue-depth"),
            Self::AlarmValue { alarm } => write!(f, "alarm-value/{alarm}"),
            Self::Started { workflow } => write!(f, "started/{workflow}"),
            Self::Ended { status, workflow } => write!(f, "ended/{status}/{workflow}"),
            Self::ExecutionDuration { class, workflow } => write!(f, "execution-duration/{class}/{workflow}"),
            Self::TaskErrors { workflow, state } => write!(f, "task-errors/{workflow}/{state}"),
            Self::TaskDuration { class, workflow, state } => write!(f, "task-duration/{class}/{workflow}/{state}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_reads_back_from_its_text() {
        let workflow = "order-app";
        for measure in [
            Measure::Orders(Status::PaymentFailed),
            Measure::OrderDuration(17),
            Measure::Revenue(Currency::parse("RON").unwrap()),
            Measure::QueueDepth,
            Measure::AlarmValue { alarm: "OrdersQueueDepthAlarm" },
            Measure::Started { workflow },
            Measure::Ended { status: "TIMED_OUT", workflow },
            Measure::ExecutionDuration { class: 3, workflow },
            Measure::TaskErrors { workflow, state: "Pay / again" },
            Measure::TaskDuration { class: 0, workflow, state: "Pay / again" },
        ] {
            assert_eq!(Measure::parse(&measure.to_string()), Some(measure));
        }
        for text in ["", "orders/none", "revenue/XXY", "task-duration/x/w/s", "something/else"] {
            assert_eq!(Measure::parse(text), None, "{text}");
        }
    }
}
