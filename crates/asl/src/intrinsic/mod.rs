//! The intrinsic functions, `States.Format('{}', $.name)`: compiled once, nested up to AWS's depth.

mod functions;

use serde_json::Value;

use crate::path::{Cursor, Data, Invalid, Path, TemplateError};
use functions::Function;

/// How deep calls may be nested, AWS's limit.
const MAX_NESTING: usize = 10;

/// A compiled function call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    text: String,
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
enum Argument {
    Literal(Value),
    Path(Path),
    Call(Call),
}

impl Call {
    /// Compiles a whole text.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let mut cursor = Cursor::new(text);
        let call = Self::parse_at(&mut cursor, 1)?;
        cursor.skip_spaces();
        cursor.expect_end()?;
        Ok(call)
    }

    fn parse_at(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Self, Invalid> {
        if nesting > MAX_NESTING {
            return Err(cursor.invalid("functions are nested too deeply"));
        }
        let start = cursor.position();
        cursor.expect("States.", "a function's name starts with 'States.'")?;
        let name = cursor.take_while(|next| next.is_ascii_alphanumeric());
        let function = Function::from_name(name).ok_or_else(|| cursor.invalid("unknown function"))?;
        cursor.skip_spaces();
        cursor.expect("(", "expected '('")?;
        let mut arguments = Vec::new();
        cursor.skip_spaces();
        while !cursor.eat(")") {
            if !arguments.is_empty() {
                cursor.expect(",", "expected ',' or ')'")?;
                cursor.skip_spaces();
            }
            arguments.push(match cursor.peek() {
                Some('$') => Argument::Path(Path::parse_at(cursor)?),
                Some('S') => Argument::Call(Self::parse_at(cursor, nesting + 1)?),
                _ => Argument::Literal(literal(cursor, function)?),
            });
            cursor.skip_spaces();
        }
        if !function.takes(arguments.len()) {
            return Err(cursor.invalid("wrong number of arguments"));
        }
        Ok(Self { text: cursor.since(start).to_owned(), function, arguments })
    }

    /// The function's value.
    pub(crate) fn evaluate(&self, data: &Data<'_>) -> Result<Value, TemplateError> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            values.push(match argument {
                Argument::Literal(value) => value.clone(),
                Argument::Call(call) => call.evaluate(data)?,
                Argument::Path(path) => match path.resolve(data) {
                    Ok(value) => value.into_owned(),
                    Err(_) => {
                        return Err(TemplateError::Runtime(format!(
                            "The JsonPath argument for the field '{}' could not be found in the input '{}'",
                            path.text(),
                            data.input
                        )));
                    }
                },
            });
        }
        self.function.apply(values, data.random).map_err(|message| {
            TemplateError::Intrinsic(format!("The function '{}' had the following error: {message}", self.text))
        })
    }
}

/// A literal argument. Texts stand in single quotes. The template of `States.Format` keeps its
/// backslashes, as there they also escape braces.
fn literal(cursor: &mut Cursor<'_>, function: Function) -> Result<Value, Invalid> {
    if cursor.peek() != Some('\'') {
        return match cursor.peek() {
            Some('"') => Err(cursor.invalid("texts stand in single quotes")),
            _ => crate::path::literal(cursor),
        };
    }
    cursor.next();
    let mut content = String::new();
    loop {
        match cursor.next() {
            None => return Err(cursor.invalid("a quote is not closed")),
            Some('\'') => return Ok(Value::String(content)),
            Some('\\') => match cursor.next() {
                Some(escaped @ ('\'' | '\\' | '{' | '}')) => {
                    if function == Function::Format && escaped != '\'' {
                        content.push('\\');
                    }
                    content.push(escaped);
                }
                // Anything else is not an escape: the backslash is meant.
                Some(other) => content.extend(['\\', other]),
                None => return Err(cursor.invalid("a quote is not closed")),
            },
            Some(plain) => content.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::context::Context;
    use crate::random::Random;

    /// `call => value`, `call =! error`. The input is in the test.
    const CALLS: &str = r#"
        States.Format('Hello {}, {}.', $.name, 3)                => "Hello Ann, 3."
        States.Format('{}', $.object)                            => "{Arg1=1, Arg2=[x, null]}"
        States.Format('\{\} {} \'q\' \\', true)                   => "{} true 'q' \\"
        States.Format('{}', null)                                => "null"
        States.Format('none')                                    => "none"
        States.Format($.template, $.name)                        => "<Ann>"
        States.Format('{}')                                      =! The number of arguments do not match the occurrences of {}
        States.Format('{}', 1, 2)                                =! The number of arguments do not match the occurrences of {}
        States.StringToJson($.json)                              => {"n":[1,2.0]}
        States.StringToJson('')                                  => null
        States.StringToJson('{')                                 =! The argument is not valid JSON
        States.StringToJson(1)                                   =! The argument must be a string
        States.JsonToString($.object)                            => "{\"Arg1\":1,\"Arg2\":[\"x\",null]}"
        States.Array()                                           => []
        States.Array(1, 'two', $.list, States.Array(null))       => [1,"two",[1,2,2,3],[null]]
        States.ArrayPartition($.list, 3)                         => [[1,2,2],[3]]
        States.ArrayPartition($.list, 0)                         =! The chunk size must be a positive integer
        States.ArrayContains($.list, 2)                          => true
        States.ArrayContains($.list, 9)                          => false
        States.ArrayContains($.name, 9)                          =! The argument must be an array
        States.ArrayRange(1, 9, 2)                               => [1,3,5,7,9]
        States.ArrayRange(3, 1, -1)                              => [3,2,1]
        States.ArrayRange(1, 5000, 1)                            =! The range must have at most 1000 elements
        States.ArrayRange(1, 5, 0)                               =! The step must not be zero
        States.ArrayGetItem($.list, 3)                           => 3
        States.ArrayGetItem($.list, 4)                           =! The index is out of bounds
        States.ArrayGetItem($.list, -1)                          =! The index is out of bounds
        States.ArrayLength($.list)                               => 4
        States.ArrayUnique($.list)                               => [1,2,3]
        States.Base64Encode('Data to encode')                    => "RGF0YSB0byBlbmNvZGU="
        States.Base64Decode('RGF0YSB0byBlbmNvZGU=')              => "Data to encode"
        States.Base64Decode('%')                                 =! The argument is not valid Base64
        States.Hash('input data', 'MD5')                         => "812f45842bc6d66ee14572ce20db8e86"
        States.Hash('input data', 'SHA-1')                       => "aaff4a450a104cd177d28d18d74485e8cae074b7"
        States.Hash('input data', 'SHA-256')                     => "b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3"
        States.Hash('input data', 'SHA-0')                       =! The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512
        States.JsonMerge($.object, $.other, false)               => {"Arg1":2,"Arg2":["x",null],"Arg3":3}
        States.JsonMerge($.object, $.other, true)                =! Only shallow merging is supported: the third argument must be false
        States.MathRandom(5, 6)                                  => 5
        States.MathRandom(6, 6)                                  =! The start of the range must be less than its end
        States.MathAdd(111, -1)                                  => 110
        States.MathAdd(-1.5, 0)                                  => -1
        States.MathAdd(2.5, -1.51)                               => 1
        States.MathAdd('1', 1)                                   =! The argument must be a number
        States.MathAdd(2147483647, 1)                            =! The number is out of range
        States.StringSplit('1,2,3', ',')                         => ["1","2","3"]
        States.StringSplit('a.b+c', '.+')                        => ["a","b","c"]
        States.StringSplit(',,', ',')                            => []
    "#;

    fn data_of<'a>(input: &'a Value, context: &'a Context<'a>, random: &'a Random) -> Data<'a> {
        Data { input, context, random }
    }

    #[test]
    fn functions_have_their_values() {
        let input = json!({
            "name": "Ann",
            "template": "<{}>",
            "json": "{\"n\":[1,2.0]}",
            "object": {"Arg1": 1, "Arg2": ["x", null]},
            "other": {"Arg1": 2, "Arg3": 3},
            "list": [1, 2, 2, 3]
        });
        let (context, random) = (Context::fixed(Value::Null), Random::new(1));
        let data = data_of(&input, &context, &random);
        for line in CALLS.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (text, expected) = line
                .split_once(" => ")
                .map(|(text, value)| (text.trim(), Ok(value)))
                .or_else(|| line.split_once(" =! ").map(|(text, error)| (text.trim(), Err(error))))
                .expect("a line has two parts");
            let call = Call::parse(text).unwrap_or_else(|invalid| panic!("{text}: {invalid}"));
            let found = call.evaluate(&data).map(|value| value.to_string());
            let expected = expected.map(str::to_owned).map_err(|message| {
                TemplateError::Intrinsic(format!("The function '{text}' had the following error: {message}"))
            });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn random_functions_depend_on_the_random_number_only() {
        let context = Context::fixed(Value::Null);
        let value = |text: &str, seed: u64| {
            let random = Random::new(seed);
            Call::parse(text).expect(text).evaluate(&data_of(&Value::Null, &context, &random)).expect(text)
        };
        assert_eq!(value("States.UUID()", 1), value("States.UUID()", 1));
        assert_ne!(value("States.UUID()", 1), value("States.UUID()", 2));
        assert_eq!(value("States.UUID()", 1).as_str().map(str::len), Some(36));
        let seeded = "States.MathRandom(0, 999, 42)";
        assert_eq!(value(seeded, 1), value(seeded, 2), "a seed fixes the number");
        let free = value("States.MathRandom(1, 1000000)", 1);
        assert_ne!(free, value("States.MathRandom(1, 1000000)", 2));
        assert!((1..1_000_000).contains(&free.as_i64().expect("an integer")));
    }

    #[test]
    fn a_missing_argument_is_named() {
        let (context, random) = (Context::fixed(Value::Null), Random::new(1));
        let input = json!({"a": 1});
        assert_eq!(
            Call::parse("States.JsonToString($.b)").expect("a call").evaluate(&data_of(&input, &context, &random)),
            Err(TemplateError::Runtime(
                "The JsonPath argument for the field '$.b' could not be found in the input '{\"a\":1}'".to_owned()
            ))
        );
    }

    #[test]
    fn bad_calls_are_refused() {
        let deep = format!("{}{}", "States.Array(".repeat(11), ")".repeat(11));
        for text in [
            "",
            "States",
            "States.",
            "States.Nothing()",
            "States.Array",
            "States.Array(",
            "States.Array(1,)",
            "States.Array(,1)",
            "States.Array(1 2)",
            "States.Array(\"a\")",
            "States.Array('a)",
            "States.UUID(1)",
            "States.MathAdd(1)",
            "States.Array($.)",
            "States.Array() ()",
            "Array()",
            "States.Array(nul)",
            deep.as_str(),
        ] {
            assert!(Call::parse(text).is_err(), "{text}");
        }
        let allowed = format!("{}{}", "States.Array(".repeat(10), ")".repeat(10));
        assert!(Call::parse(&allowed).is_ok());
    }
}
