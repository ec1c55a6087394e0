//! What is found wrong with definitions, as a table: a definition, then one line for each finding.

use asl::{Severity, StateMachine};

const FINDINGS: &str = r#"
{}
    SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /
{"States":{"A":{"Type":"Pass","End":true}}}
    SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at /
{"StartAt":"A","States":{}}
    SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States
    MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /StartAt
{"StartAt":"A","Extra":1,"Version":"2.0","TimeoutSeconds":0,"States":{"A":{"Type":"Pass","End":true}}}
    SCHEMA_VALIDATION_FAILED: Field 'Extra' is not supported at /
    SCHEMA_VALIDATION_FAILED: Value must be 1.0 at /Version
    SCHEMA_VALIDATION_FAILED: Value must be between 1 and 99999999 at /TimeoutSeconds
{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Nope"}}}
    MISSING_TRANSITION_TARGET: Missing 'Next' target: Nope at /States/A/Next
    MISSING_END_STATE: Workflow has no terminal state at null
{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}}
    MISSING_END_STATE: Workflow has no terminal state at null
{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"},"C":{"Type":"Pass","End":true}}}
    MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C
{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"X"}],"Default":"Y"},"T":{"Type":"Task","Resource":"a:b","Catch":[{"ErrorEquals":["E"],"Next":"Z"}],"End":true}}}
    MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Choices[0]/Next
    MISSING_TRANSITION_TARGET: Missing 'Next' target: Y at /States/A/Default
    MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /States/T/Catch[0]/Next
    MISSING_TRANSITION_TARGET: State "T" is not reachable. at /States/T
{"StartAt":"A","States":{"A":{"Type":"Pass"}}}
    SCHEMA_VALIDATION_FAILED: Exactly one of these fields is required: [Next, End] at /States/A
{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A","End":true}}}
    SCHEMA_VALIDATION_FAILED: Exactly one of these fields is required: [Next, End] at /States/A
    MISSING_END_STATE: Workflow has no terminal state at null
{"StartAt":"A","States":{"A":{"End":true},"B":{"Type":"Nap","End":true},"C":7}}
    SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at /States/A
    SCHEMA_VALIDATION_FAILED: Value must be one of [Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map] at /States/B/Type
    SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States/C
{"StartAt":"A","States":{"A":{"Type":"Pass","Retry":[],"Seconds":1,"Coment":"typo","End":true}}}
    SCHEMA_VALIDATION_FAILED: Field 'Retry' is not supported at /States/A
    SCHEMA_VALIDATION_FAILED: Field 'Seconds' is not supported at /States/A
    SCHEMA_VALIDATION_FAILED: Field 'Coment' is not supported at /States/A
{"StartAt":"A","States":{"A":{"Type":"Pass","InputPath":"a","OutputPath":"$.","ResultPath":"$.a[*]","Parameters":{"x.$":"y","z":{"u.$":"States.None()"}},"End":true}}}
    SCHEMA_VALIDATION_FAILED: Value must be a valid JSONPath. at /States/A/InputPath
    SCHEMA_VALIDATION_FAILED: The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters
    SCHEMA_VALIDATION_FAILED: The value for the field 'u.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters
    SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: a reference path names exactly one place at position 0 at /States/A/ResultPath
    SCHEMA_VALIDATION_FAILED: Value must be a valid JSONPath. at /States/A/OutputPath
{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"pay","TimeoutSeconds":5,"TimeoutSecondsPath":"$.t","HeartbeatSeconds":5,"End":true},"B":{"Type":"Task","End":"yes"}}}
    SCHEMA_VALIDATION_FAILED: Value is not a URI at /States/A/Resource
    SCHEMA_VALIDATION_FAILED: Only one of these fields is allowed: [TimeoutSeconds, TimeoutSecondsPath] at /States/A
    SCHEMA_VALIDATION_FAILED: HeartbeatSeconds must be smaller than TimeoutSeconds at /States/A/HeartbeatSeconds
    SCHEMA_VALIDATION_FAILED: These fields are required: [Resource] at /States/B
    SCHEMA_VALIDATION_FAILED: Expected value of type Boolean at /States/B/End
    MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B
{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:x","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":0,"BackoffRate":0.5,"MaxAttempts":-1,"MaxDelaySeconds":"1","JitterStrategy":"SOME"},{"ErrorEquals":[]},{}],"Catch":[{"ErrorEquals":["States.ALL","B"],"Next":"A"},{"ErrorEquals":[1],"Next":"A"}],"End":true}}}
    SCHEMA_VALIDATION_FAILED: States.ALL must stand alone and in the last element at /States/A/Retry[0]/ErrorEquals
    SCHEMA_VALIDATION_FAILED: Value must be between 0 and 99999999 at /States/A/Retry[0]/MaxAttempts
    SCHEMA_VALIDATION_FAILED: Value must be one of [FULL, NONE] at /States/A/Retry[0]/JitterStrategy
    SCHEMA_VALIDATION_FAILED: Value must be between 1 and 99999999 at /States/A/Retry[0]/IntervalSeconds
    SCHEMA_VALIDATION_FAILED: Value must be at least 1.0 at /States/A/Retry[0]/BackoffRate
    SCHEMA_VALIDATION_FAILED: Expected value of type Integer at /States/A/Retry[0]/MaxDelaySeconds
    SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/A/Retry[1]/ErrorEquals
    SCHEMA_VALIDATION_FAILED: These fields are required: [ErrorEquals] at /States/A/Retry[2]
    SCHEMA_VALIDATION_FAILED: States.ALL must stand alone and in the last element at /States/A/Catch[0]/ErrorEquals
    SCHEMA_VALIDATION_FAILED: Expected value of type String at /States/A/Catch[1]/ErrorEquals[0]
{"StartAt":"A","States":{"A":{"Type":"Wait","Timestamp":"2016-13-05T21:29:29Z","End":true}}}
    SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/A/Timestamp
{"StartAt":"A","States":{"A":{"Type":"Wait","Next":"B"},"B":{"Type":"Wait","Seconds":-1,"SecondsPath":"x","End":true}}}
    SCHEMA_VALIDATION_FAILED: Exactly one of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath] at /States/A
    SCHEMA_VALIDATION_FAILED: Exactly one of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath] at /States/B
    SCHEMA_VALIDATION_FAILED: Value must be between 0 and 99999999 at /States/B/Seconds
    SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: Reference path didn't start with '$' at /States/B/SecondsPath
{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[]},"B":{"Type":"Succeed"}}}
    SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/A/Choices
    MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B
{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"x","StringMatches":"a","Next":"B"},{"Variable":"$.x","StringEquals":1,"Next":"B"},{"And":[{"Variable":"$.x","IsNull":true,"Next":"B"},{"StringEquals":"a"}],"Next":"B"},{"Variable":"$.x","Equals":1,"Next":"B"},{"Not":{"Variable":"$.x","TimestampEquals":"now"}},{"Variable":"$.x","NumericEqualsPath":"$.y[*]","Next":"B"}]},"B":{"Type":"Succeed"}}}
    SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: Reference path didn't start with '$' at /States/A/Choices[0]/Variable
    SCHEMA_VALIDATION_FAILED: Expected value of type String at /States/A/Choices[1]/StringEquals
    SCHEMA_VALIDATION_FAILED: Field 'Next' is not supported at /States/A/Choices[2]/And[0]
    SCHEMA_VALIDATION_FAILED: These fields are required: [Variable] at /States/A/Choices[2]/And[1]
    SCHEMA_VALIDATION_FAILED: Field 'Equals' is not supported at /States/A/Choices[3]
    SCHEMA_VALIDATION_FAILED: A Choice Rule must have exactly one comparison operator, And, Or or Not at /States/A/Choices[3]
    SCHEMA_VALIDATION_FAILED: These fields are required: [Next] at /States/A/Choices[4]
    SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/A/Choices[4]/Not/TimestampEquals
    SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: Reference path must name exactly one place at /States/A/Choices[5]/NumericEqualsPath
{"StartAt":"A","States":{"A":{"Type":"Fail","Error":"e","ErrorPath":"$.e","CausePath":"text"}}}
    SCHEMA_VALIDATION_FAILED: Only one of these fields is allowed: [Error, ErrorPath] at /States/A
    SCHEMA_VALIDATION_FAILED: The value for the field 'CausePath' must be a valid JSONPath or a valid intrinsic function call at /States/A
{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[],"End":true}}}
    SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/P/Branches
{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"P"}}},{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}],"End":true}}}
    MISSING_TRANSITION_TARGET: Missing 'Next' target: P at /States/P/Branches[0]/States/A/Next
    MISSING_END_STATE: Workflow has no terminal state at null
    DUPLICATE_STATE_NAME: Duplicate State name: P at /States/P/Branches[1]/States/P
{"StartAt":"M","States":{"M":{"Type":"Map","ItemSelector":{},"Parameters":{},"ToleratedFailurePercentage":101,"End":true}}}
    SCHEMA_VALIDATION_FAILED: Only one of these fields is allowed: [ItemSelector, Parameters] at /States/M
    SCHEMA_VALIDATION_FAILED: Exactly one of these fields is required: [ItemProcessor, Iterator] at /States/M
    SCHEMA_VALIDATION_FAILED: Value must be between 0 and 100 at /States/M/ToleratedFailurePercentage
{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"FAST"},"StartAt":"A"},"End":true}}}
    SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /States/M/ItemProcessor
    SCHEMA_VALIDATION_FAILED: Value must be one of [INLINE, DISTRIBUTED] at /States/M/ItemProcessor/ProcessorConfig/Mode
{"StartAt":"A","QueryLanguage":"JSONata","States":{"A":{"Type":"Pass","QueryLanguage":"JSONPath","End":true}}}
    NOT_SUPPORTED_YET: 'QueryLanguage' 'JSONata' is not supported yet at /QueryLanguage
    SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A
{"StartAt":"A","States":{"A":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% 1 %}","End":true}}}
    NOT_SUPPORTED_YET: 'QueryLanguage' 'JSONata' is not supported yet at /States/A/QueryLanguage
{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":1},"InputPath":"$x","Next":"B"},"B":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Credentials":{"RoleArn":"r"},"Next":"C"},"C":{"Type":"Map","ItemReader":{},"Label":"l","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"D","States":{"D":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","End":true}}},"End":true}}}
    NOT_SUPPORTED_YET: Field 'Assign' is not supported yet at /States/A/Assign
    NOT_SUPPORTED_YET: A variable in a path is not supported yet at /States/A/InputPath
    NOT_SUPPORTED_YET: Field 'Credentials' is not supported yet at /States/B/Credentials
    NOT_SUPPORTED_YET: '.waitForTaskToken' of field 'Resource' is not supported yet at /States/B/Resource
    NOT_SUPPORTED_YET: Field 'ItemReader' is not supported yet at /States/C/ItemReader
    NOT_SUPPORTED_YET: Field 'Label' is not supported yet at /States/C/Label
    NOT_SUPPORTED_YET: 'DISTRIBUTED' of field 'Mode' is not supported yet at /States/C/ItemProcessor/ProcessorConfig/Mode
    NOT_SUPPORTED_YET: '.sync' of field 'Resource' is not supported yet at /States/C/ItemProcessor/States/D/Resource
"#;

#[test]
fn what_is_wrong_is_found() {
    let mut cases: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in FINDINGS.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("    ") {
            None => cases.push((line, Vec::new())),
            Some(finding) => cases.last_mut().expect("a definition comes first").1.push(finding),
        }
    }
    for (definition, expected) in cases {
        let found = StateMachine::parse(definition).expect_err(definition);
        assert!(found.iter().all(|found| found.severity == Severity::Error), "{definition}");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{definition}");
    }
}

#[test]
fn a_machine_tells_what_it_consists_of() {
    let machine = StateMachine::parse(
        r#"{
            "Comment": "two tasks", "StartAt": "Both", "TimeoutSeconds": 60,
            "States": {
                "Both": {"Type": "Parallel", "Next": "End", "Branches": [
                    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${AArn}", "End": true}}}
                ]},
                "End": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true}
            }
        }"#,
    )
    .expect("a valid definition");
    assert_eq!(machine.comment(), Some("two tasks"));
    assert_eq!(machine.start_at(), "Both");
    assert_eq!(machine.timeout_seconds(), Some(60));
    assert_eq!(machine.state_names().collect::<Vec<_>>(), ["Both", "End", "A"]);
    assert_eq!(
        machine.resources().collect::<Vec<_>>(),
        [
            ("/States/End/Resource", "arn:aws:states:::sns:publish"),
            ("/States/Both/Branches[0]/States/A/Resource", "${AArn}"),
        ]
    );
    fn is_shareable<T: Send + Sync>(_: &T) {}
    is_shareable(&machine);
}
