//! Event patterns against events: AWS's documented examples, then the corners.

use serde_json::{Value, json};
use triggers::Pattern;

/// The sample event of the matcher's README, with a few fields of the user guide's examples added.
fn event() -> Value {
    json!({
        "version": "0",
        "id": "ddddd4-aaaa-7777-4444-345dd43cc333",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": "012345679012",
        "time": "2017-10-02T16:24:49Z",
        "region": "us-east-1",
        "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
        "detail": {
            "c-count": 5, "d-count": 3, "x-limit": 301.8,
            "source-ip": "10.0.0.33", "source-ip-6": "2001:db8::1",
            "instance-id": "i-000000aaaaaa00000", "state": "running",
            "empty": "", "nothing": null, "flag": true, "none": [],
            "c": {"c1": 100},
            "FilePath": "/usr/lib/orders/main.rs",
            "employees": [
                [{"firstName": "John", "lastName": "Doe"}, {"firstName": "Anna", "lastName": "Smith"}],
                [{"firstName": "Peter", "lastName": "Jones", "ids": [4, 5]}]
            ]
        }
    })
}

fn matches(pattern: &Value, event: &Value) -> bool {
    Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(event)
}

#[test]
fn documented_examples() {
    for (pattern, expected) in [
        (
            json!({
                "detail-type": ["EC2 Instance State-change Notification"],
                "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
                "detail": {"state": ["initializing", "running"]}
            }),
            true,
        ),
        (json!({"time": [{"prefix": "2017-10-02"}]}), true),
        (json!({"source": [{"suffix": "ec2"}]}), true),
        (json!({"source": [{"equals-ignore-case": "AWS.EC2"}]}), true),
        (json!({"source": [{"wildcard": "aws*2"}]}), true),
        (json!({"detail": {"state": [{"anything-but": "initializing"}]}}), true),
        (json!({"detail": {"x-limit": [{"anything-but": 123}]}}), true),
        (json!({"detail": {"state": [{"anything-but": ["stopped", "overloaded"]}]}}), true),
        (json!({"detail": {"x-limit": [{"anything-but": [100, 200, 300]}]}}), true),
        (json!({"detail": {"state": [{"anything-but": {"prefix": "init"}}]}}), true),
        (
            json!({"detail": {
                "c-count": [{"numeric": [">", 0, "<=", 5]}],
                "d-count": [{"numeric": ["<", 10]}],
                "x-limit": [{"numeric": ["=", 3.018e2]}]
            }}),
            true,
        ),
        (json!({"detail": {"source-ip": [{"cidr": "10.0.0.0/24"}]}}), true),
        (json!({"detail": {"c-count": [{"exists": true}]}}), true),
        (json!({"detail": {"c-count": [{"exists": false}]}}), false),
        // Exists looks at leaves only, and c is none.
        (json!({"detail": {"c": [{"exists": false}]}}), true),
        (json!({"detail": {"c": [{"exists": true}]}}), false),
        (
            json!({
                "time": [{"prefix": "2017-10-02"}],
                "detail": {
                    "state": [{"anything-but": "initializing"}],
                    "c-count": [{"numeric": [">", 0, "<=", 5]}],
                    "d-count": [{"numeric": ["<", 10]}],
                    "x-limit": [{"anything-but": [100, 200, 300]}],
                    "source-ip": [{"cidr": "10.0.0.0/8"}]
                }
            }),
            true,
        ),
        // Arrays: the structure is crushed out, but two fields keep to one element.
        (json!({"detail": {"employees": {"firstName": ["Anna"]}}}), true),
        (json!({"detail": {"employees": {"firstName": ["Anna"], "lastName": ["Smith"]}}}), true),
        (json!({"detail": {"employees": {"firstName": ["Anna"], "lastName": ["Jones"]}}}), false),
        (json!({"detail": {"employees": {"firstName": ["Peter"], "ids": [5]}}}), true),
        (json!({"detail": {"employees": {"firstName": ["John"], "ids": [5]}}}), false),
        // Dots join names.
        (json!({"detail.state": ["running"]}), true),
        (json!({"detail": {"c.c1": [100]}}), true),
        // The user guide's anything-but with other operators inside.
        (json!({"detail": {"FilePath": [{"anything-but": {"wildcard": "*/lib/*"}}]}}), false),
        (json!({"detail": {"FilePath": [{"anything-but": {"suffix": ".png"}}]}}), true),
        (json!({"detail": {"FilePath": [{"anything-but": {"suffix": [".png", ".rs"]}}]}}), false),
        (json!({"detail": {"state": [{"anything-but": {"equals-ignore-case": "RUNNING"}}]}}), false),
        (json!({"detail": {"state": [{"anything-but": {"equals-ignore-case": ["Stopped", "Running"]}}]}}), false),
        (json!({"region": [{"prefix": {"equals-ignore-case": "US-"}}]}), true),
        (json!({"detail": {"FilePath": [{"suffix": {"equals-ignore-case": ".RS"}}]}}), true),
    ] {
        assert_eq!(matches(&pattern, &event()), expected, "{pattern}");
    }
}

#[test]
fn or_is_any_of_its_branches() {
    let pattern = json!({
        "source": ["aws.cloudwatch"],
        "$or": [
            {"metricName": ["CPUUtilization", "ReadLatency"]},
            {"metricType": ["MetricType"], "namespace": ["AWS/EC2", "AWS/ES"],
             "$or": [{"metricId": [1234]}, {"spaceId": [1000]}]},
            {"scope": ["Service"]}
        ]
    });
    for (event, expected) in [
        (json!({"source": "aws.cloudwatch", "metricName": "ReadLatency"}), true),
        (json!({"source": "aws.cloudwatch", "scope": "Service"}), true),
        (json!({"source": "other", "scope": "Service"}), false),
        (json!({"source": "aws.cloudwatch"}), false),
        (json!({"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/ES"}), false),
        (json!({"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/ES", "spaceId": 1000}), true),
    ] {
        assert_eq!(matches(&pattern, &event), expected, "{event}");
    }
    // Two of them multiply, and one stands below a field.
    let parallel = json!({
        "$or": [{"a": [1]}, {"b": [1]}],
        "detail": {"$or": [{"c": [1]}, {"d": [{"exists": false}]}]}
    });
    for (event, expected) in [
        (json!({"a": 1, "detail": {"c": 1, "d": 1}}), true),
        (json!({"b": 1, "detail": {"d": 1}}), false),
        (json!({"b": 1, "detail": {}}), true),
        (json!({"detail": {"c": 1}}), false),
    ] {
        assert_eq!(matches(&parallel, &event), expected, "{event}");
    }
    // A field inside and outside must satisfy both.
    let both = json!({"a": [{"prefix": "x"}], "$or": [{"a": [{"suffix": "y"}]}, {"b": [1]}]});
    assert!(matches(&both, &json!({"a": "xy"})));
    assert!(!matches(&both, &json!({"a": "y"})));
    assert!(!matches(&both, &json!({"a": "x"})));
}

#[test]
fn a_single_field_against_single_values() {
    let absent = json!({});
    let v = |value: Value| json!({"v": value});
    // entries of the field, values it takes, values it does not
    let table = [
        (
            json!(["a"]),
            vec![json!("a"), json!(["b", "a"])],
            vec![json!("A"), json!(""), json!(null), json!(["b"]), json!([])],
        ),
        (json!([""]), vec![json!("")], vec![json!(null), json!(" ")]),
        (json!([null]), vec![json!(null), json!([null])], vec![json!(""), json!(0), json!(false), json!("null")]),
        (json!([true]), vec![json!(true)], vec![json!(false), json!("true"), json!(1)]),
        (json!([300]), vec![json!(300), json!(300.0), json!(3.0e2)], vec![json!("300"), json!(301), json!(300.1)]),
        (json!([0]), vec![json!(-0.0)], vec![json!(0.1)]),
        // Beyond five thousand million a number is known by its text.
        (json!([123_456_789_012_u64]), vec![json!(123_456_789_012_u64)], vec![json!(123_456_789_013_u64), json!(1)]),
        (json!([{"prefix": "ab"}]), vec![json!("ab"), json!("abc")], vec![json!("Abc"), json!("a"), json!(5)]),
        (json!([{"prefix": ""}]), vec![json!(""), json!("x")], vec![json!(1), json!(null)]),
        (
            json!([{"prefix": {"equals-ignore-case": "ΟΔΟΣ"}}]),
            vec![json!("οδος"), json!("οδοσήμανση")],
            vec![json!("οδ")],
        ),
        (json!([{"suffix": "bc"}]), vec![json!("bc"), json!("abc")], vec![json!("bcd"), json!("BC")]),
        (json!([{"equals-ignore-case": "Ștefan"}]), vec![json!("ȘTEFAN"), json!("ștefan")], vec![json!("stefan")]),
        (json!([{"exactly": "a"}]), vec![json!("a")], vec![json!("ab")]),
        (
            json!([{"exists": true}]),
            vec![json!(null), json!(""), json!([1])],
            vec![json!([]), json!({}), json!({"w": 1})],
        ),
        (json!([{"exists": false}]), vec![json!([]), json!({"w": 1})], vec![json!(null), json!([1])]),
        (json!([{"exists": false}, "a"]), vec![json!("a"), json!([])], vec![json!("b")]),
        (json!([{"wildcard": "*"}]), vec![json!(""), json!("x")], vec![json!(1)]),
        (
            json!([{"wildcard": "a*b*c"}]),
            vec![json!("abc"), json!("aXbYbc")],
            vec![json!("ab"), json!("acb"), json!("abcd")],
        ),
        (json!([{"wildcard": "ab*ba"}]), vec![json!("abba"), json!("abxba")], vec![json!("aba")]),
        (json!([{"wildcard": "a\\*b\\\\*"}]), vec![json!("a*b\\"), json!("a*b\\c")], vec![json!("aXb\\")]),
        (json!([{"wildcard": "plain"}]), vec![json!("plain")], vec![json!("plains")]),
        (json!([{"numeric": ["=", 1]}]), vec![json!(1.0)], vec![json!("1"), json!(1.1)]),
        (json!([{"numeric": ["<", 1]}]), vec![json!(0.999_999)], vec![json!(1)]),
        (json!([{"numeric": ["<=", 1]}]), vec![json!(1)], vec![json!(1.000_001)]),
        (json!([{"numeric": [">", -1]}]), vec![json!(0)], vec![json!(-1), json!(6e9)]),
        (json!([{"numeric": [">=", -5e9]}]), vec![json!(-5e9), json!(5e9)], vec![json!(5_000_000_001_u64)]),
        (json!([{"numeric": [">", 0, "<", 2]}]), vec![json!(1)], vec![json!(0), json!(2)]),
        (json!([{"numeric": [">", 0, "<=", 2]}]), vec![json!(2)], vec![json!(0), json!(2.1)]),
        (json!([{"numeric": [">=", 0, "<", 2]}]), vec![json!(0)], vec![json!(2)]),
        (
            json!([{"numeric": [">=", 0, "<=", 2]}]),
            vec![json!(0), json!(2), json!([9, 1])],
            vec![json!(-0.1), json!([3, -1])],
        ),
        (
            json!([{"cidr": "10.0.0.0/8"}]),
            vec![json!("10.255.255.255")],
            vec![json!("11.0.0.0"), json!("10.0.0"), json!("::a00:1"), json!(10)],
        ),
        (json!([{"cidr": "0.0.0.0/0"}]), vec![json!("255.1.2.3")], vec![json!("::1")]),
        (
            json!([{"cidr": "2001:db8::/32"}]),
            vec![json!("2001:db8:ffff::1")],
            vec![json!("2001:db9::1"), json!("32.1.13.184")],
        ),
        // Anything but: any other leaf, of any type; of a list, any element that differs.
        (
            json!([{"anything-but": "a"}]),
            vec![json!("b"), json!(null), json!(5), json!(["a", "b"])],
            vec![json!("a"), json!(["a"]), json!([])],
        ),
        (json!([{"anything-but": [1, 2]}]), vec![json!(3), json!("1")], vec![json!(1.0), json!([1, 2])]),
        (json!([{"anything-but": {"prefix": "a"}}]), vec![json!("b"), json!(5)], vec![json!("ab")]),
        (json!([{"anything-but": {"prefix": {"equals-ignore-case": "A"}}}]), vec![json!("b")], vec![json!("ab")]),
        (json!([{"anything-but": {"prefix": ["a", "b"]}}]), vec![json!("c")], vec![json!("ab"), json!("bc")]),
        (json!([{"anything-but": {"wildcard": ["a*", "*z"]}}]), vec![json!("c")], vec![json!("ab"), json!("cz")]),
    ];
    for (entries, takes, refuses) in table {
        let pattern = json!({"v": entries});
        for value in takes {
            assert!(matches(&pattern, &v(value.clone())), "{pattern} takes {value}");
        }
        for value in refuses {
            assert!(!matches(&pattern, &v(value.clone())), "{pattern} refuses {value}");
        }
        let may_be_absent = entries.to_string().contains(r#"{"exists":false}"#);
        assert_eq!(matches(&pattern, &absent), may_be_absent, "{pattern}, absent");
    }
}

#[test]
fn a_dotted_name_and_a_nested_one_may_stand_side_by_side() {
    let pattern = json!({"a": {"b": [1]}});
    for (event, expected) in [
        (json!({"a.b": 1}), true),
        (json!({"a": {"b": 2}, "a.b": 1}), true),
        (json!({"a": {"b": 1}, "a.b": 2}), true),
        (json!({"a": {"b": 2}, "a.b": 2}), false),
        (json!({"a": 1, "a.b": 1}), true),
    ] {
        assert_eq!(matches(&pattern, &event), expected, "{event}");
    }
}

#[test]
fn wrong_patterns_are_refused_where_they_are_wrong() {
    for (pattern, pointer, message) in [
        (json!([]), "", "Filter is not an object"),
        (json!({}), "", "Empty objects are not allowed"),
        (json!({"a": {}}), "/a", "Empty objects are not allowed"),
        (json!({"a": []}), "/a", "Empty arrays are not allowed"),
        (json!({"a": "x"}), "/a", "\"a\" must be an object or an array"),
        (json!({"a": [["x"]]}), "/a/0", "Match value must be String, number, true, false, or null"),
        (json!({"a": [{}]}), "/a/0", "Match expression name not found"),
        (json!({"a": [{"like": "x"}]}), "/a/0/like", "Unrecognized match type like"),
        (json!({"a": [{"prefix": "x", "suffix": "y"}]}), "/a/0", "Only one key allowed in match expression"),
        (json!({"a": [{"prefix": 1}]}), "/a/0/prefix", "prefix match pattern must be a string"),
        (json!({"a": [{"prefix": {"suffix": "x"}}]}), "/a/0/prefix/suffix", "Unsupported prefix pattern: suffix"),
        (json!({"a": [{"exists": "yes"}]}), "/a/0/exists", "exists match pattern must be either true or false."),
        (json!({"a": [{"wildcard": "a**b"}]}), "/a/0/wildcard", "Consecutive wildcard characters at pos 2"),
        (json!({"a": [{"wildcard": "a\\b"}]}), "/a/0/wildcard", "Invalid escape character at pos 1"),
        (json!({"a": [{"wildcard": "a\\"}]}), "/a/0/wildcard", "Invalid escape character at pos 1"),
        (json!({"a": [{"cidr": "10.0.0.0"}]}), "/a/0/cidr", "Malformed CIDR, one '/' required"),
        (json!({"a": [{"cidr": "10.0.0.0/x"}]}), "/a/0/cidr", "Malformed CIDR, mask bits must be an integer"),
        (json!({"a": [{"cidr": "10.0.0.0/-1"}]}), "/a/0/cidr", "Malformed CIDR, mask bits must not be negative"),
        (json!({"a": [{"cidr": "10.0.0.0/32"}]}), "/a/0/cidr", "IPv4 mask bits must be < 32"),
        (json!({"a": [{"cidr": "::/128"}]}), "/a/0/cidr", "IPv6 mask bits must be < 128"),
        (json!({"a": [{"cidr": "host/8"}]}), "/a/0/cidr", "Nonstandard IP address: host"),
        (
            json!({"a": [{"anything-but": null}]}),
            "/a/0/anything-but",
            "Value of anything-but must be an array or single string/number value.",
        ),
        (
            json!({"a": [{"anything-but": ["x", 1]}]}),
            "/a/0/anything-but",
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (
            json!({"a": [{"anything-but": []}]}),
            "/a/0/anything-but",
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (
            json!({"a": [{"anything-but": [true]}]}),
            "/a/0/anything-but",
            "Inside anything but list, start|null|boolean is not supported.",
        ),
        (
            json!({"a": [{"anything-but": {"prefix": ""}}]}),
            "/a/0/anything-but/prefix",
            "Null prefix/suffix not allowed",
        ),
        (
            json!({"a": [{"anything-but": {"numeric": [">", 1]}}]}),
            "/a/0/anything-but/numeric",
            "Unsupported anything-but pattern: numeric",
        ),
        (json!({"a": [{"numeric": 1}]}), "/a/0/numeric", "Value of numeric must be an array."),
        (json!({"a": [{"numeric": [1]}]}), "/a/0/numeric", "Invalid member in numeric match: 1"),
        (json!({"a": [{"numeric": ["<"]}]}), "/a/0/numeric", "Value of < must be numeric"),
        (json!({"a": [{"numeric": ["=", "1"]}]}), "/a/0/numeric", "Value of equals must be numeric"),
        (json!({"a": [{"numeric": ["<", 1, ">", 0]}]}), "/a/0/numeric", "Too many elements in numeric expression"),
        (json!({"a": [{"numeric": [">", 1, ">", 2]}]}), "/a/0/numeric", "Bad numeric range operator: >"),
        (json!({"a": [{"numeric": [">", 1, 2]}]}), "/a/0/numeric", "Bad value in numeric range: 2"),
        (json!({"a": [{"numeric": [">", 2, "<", 1]}]}), "/a/0/numeric", "Bottom must be less than top"),
        (json!({"a": [{"numeric": ["!=", 1]}]}), "/a/0/numeric", "Unrecognized numeric range operator: !="),
        (json!({"a": [{"numeric": ["<", 6e9]}]}), "/a/0/numeric", "Value must be between -5.0E9 and 5.0E9, inclusive"),
        (json!({"$or": {"a": [1]}}), "/$or", "It must be an Array followed with $or."),
        (json!({"$or": [{"a": [1]}]}), "/$or", "There must have at least 2 Objects in $or relationship."),
        (json!({"$or": [{"a": [1]}, 2]}), "/$or/1", "Only JSON object is allowed in array of $or relationship."),
        (
            json!({"$or": [{"numeric": [1]}, {"a": [1]}]}),
            "/$or/0/numeric",
            "numeric is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ] {
        let error = Pattern::parse(&pattern).expect_err(message);
        assert_eq!((error.pointer.as_str(), error.message.as_str()), (pointer, message), "{pattern}");
    }
    let error = Pattern::parse(&json!({"a": []})).expect_err("empty");
    assert_eq!(error.to_string(), "Event pattern is not valid. Reason: Empty arrays are not allowed at /a");
}

#[test]
fn too_many_combinations_are_refused() {
    let branches: Vec<Value> = (0..11).map(|value| json!({"a": [value]})).collect();
    let nested = json!({"x": {"$or": branches}, "y": {"$or": branches}, "z": {"$or": branches}});
    let error = Pattern::parse(&nested).expect_err("11 * 11 * 11 combinations");
    assert_eq!(error.message, "$or leads to more than 1000 combinations");
}
