//! What the compiler has to do for a component's functions. Of most it grows with their size; of loops within loops,
//! and of values that are kept across branches, with the product of both, and a few kilobytes take it minutes.

use wasmparser::{
    BinaryReaderError, FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, OperatorsReader,
    Parser, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use super::artifact::NotAComponent;

/// Instructions of one function: the compiler takes about a kilobyte of memory for each. CPython's largest has 170,000.
const MAX_INSTRUCTIONS: u64 = 1_000_000;

/// Values that one function keeps across its branches, each counted at each branch: about 30 bytes of memory each.
/// The largest functions of CPython and QuickJS have 200,000.
const MAX_KEPT: u64 = 20_000_000;

/// What all functions together may take of the compiler beyond their size, in microseconds, roughly: it can be four
/// times as long. CPython takes two million, in 29 MB.
const MAX_WORK: u64 = 10_000_000;

/// Bytes of a component for each of which they may take four microseconds more.
const BYTES: u64 = 16;

/// Refuses a component whose functions would take the compiler minutes. What is not valid is left to whoever validates
/// it.
pub(super) fn check(file: &[u8]) -> Result<(), NotAComponent> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut allocations = FuncValidatorAllocations::default();
    let (mut work, most) = (0_u64, MAX_WORK + 4 * (file.len() as u64) / BYTES);
    for payload in Parser::new(0).parse_all(file) {
        let Ok(payload) = payload else { return Ok(()) };
        let (function, body) = match validator.payload(&payload) {
            Ok(ValidPayload::Func(function, body)) => (function, body),
            Ok(_) => continue,
            Err(_) => return Ok(()),
        };
        let index = function.index;
        let Ok((effort, rest)) = measure(function, &body, allocations) else { return Ok(()) };
        allocations = rest;
        if effort.instructions > MAX_INSTRUCTIONS {
            return Err(NotAComponent(format!(
                "its function {index} has more than {MAX_INSTRUCTIONS} instructions: split it"
            )));
        }
        work = work.saturating_add(effort.work());
        if effort.kept > MAX_KEPT || work > most {
            return Err(NotAComponent(format!(
                "it would take the compiler too long: its function {index} keeps too many values across too many branches, \
                 or has too many loops: split it"
            )));
        }
    }
    Ok(())
}

/// What one function takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Effort {
    instructions: u64,
    loops: u64,
    branches: u64,
    /// For each loop all values that there are, and a part of the loops around it, once for each of those.
    nested: u64,
    /// For each branch all values that there are.
    kept: u64,
}

impl Effort {
    /// As measured with functions that have one of these alone: 5,000 loops beside one another take 7 s, 50,000 branches
    /// 19 s, 200 loops within one another that change 200 values 5 s, 10,000 branches past 5,000 values 6 s.
    fn work(&self) -> u64 {
        let square = |count: u64| count.saturating_mul(count);
        let sums = [square(self.loops) / 4, square(self.branches) / 130, self.nested, self.kept / 10];
        sums.into_iter().fold(0, u64::saturating_add)
    }
}

fn measure(
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    allocations: FuncValidatorAllocations,
) -> Result<(Effort, FuncValidatorAllocations), BinaryReaderError> {
    let mut validator = function.into_validator(allocations);
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let mut operators = OperatorsReader::new(reader);
    let mut effort = Effort::default();
    // How deep the loops lie among the blocks that are open.
    let mut around: Vec<u32> = Vec::new();
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        validator.op(offset, &operator)?;
        effort.instructions += 1;
        let values = u64::from(validator.len_locals()) + u64::from(validator.operand_stack_height()) + 1;
        let more = match operator {
            Operator::Loop { .. } => {
                around.push(validator.control_stack_height());
                let depth = around.len() as u64;
                effort.nested = effort.nested.saturating_add(depth * (values + depth / 4));
                effort.loops += 1;
                values
            }
            Operator::End => {
                let open = validator.control_stack_height();
                around.pop_if(|height| *height > open);
                0
            }
            Operator::BrTable { targets } => values + u64::from(targets.len()),
            Operator::Block { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::TryTable { .. }
            | Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::Return => values,
            _ => 0,
        };
        effort.branches += u64::from(more > 0);
        effort.kept = effort.kept.saturating_add(more);
    }
    Ok((effort, validator.into_allocations()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function with so many locals around a body.
    fn component(locals: usize, body: &str) -> Vec<u8> {
        let locals = "i32 ".repeat(locals);
        wat::parse_str(format!("(component (core module (func (param i32) (local {locals}) {body})))"))
            .unwrap()
    }

    fn refused(file: &[u8]) -> Option<String> {
        check(file).err().map(|fault| fault.0)
    }

    fn nested(loops: usize) -> String {
        format!("{}{}", "(loop ".repeat(loops), ")".repeat(loops))
    }

    #[test]
    fn loops_within_loops_are_counted_with_the_values_there_are() {
        assert_eq!(refused(&component(1_000, &nested(130))), None);
        assert!(refused(&component(1_000, &nested(145))).unwrap().contains("function 0"));
        assert_eq!(refused(&component(10, &"(loop) ".repeat(6_000))), None);
        assert!(refused(&component(10, &"(loop) ".repeat(6_500))).is_some());
    }

    #[test]
    fn loops_are_within_those_that_are_open() {
        let beside = format!("{} ", nested(2)).repeat(100);
        let effort = |body: &str| {
            let file = component(9, body);
            let mut validator = Validator::new();
            Parser::new(0)
                .parse_all(&file)
                .find_map(|payload| match validator.payload(&payload.unwrap()).unwrap() {
                    ValidPayload::Func(function, body) => {
                        Some(measure(function, &body, Default::default()).unwrap().0)
                    }
                    _ => None,
                })
                .unwrap()
        };
        // Eleven values: nine locals, the parameter, and one. Two loops within one another count three times.
        let Effort { loops, branches, nested, kept, .. } = effort(&beside);
        assert_eq!((loops, branches, nested, kept), (200, 200, 100 * 3 * 11, 200 * 11));
    }

    #[test]
    fn values_that_are_kept_across_branches_are_counted() {
        let branches = |count: usize| "(if (local.get 0) (then)) ".repeat(count);
        assert_eq!(refused(&component(2_000, &branches(9_900))), None);
        assert!(refused(&component(2_000, &branches(10_100))).unwrap().contains("branches"));
        // Values on the stack are kept, too.
        let pushed =
            format!("{}{}{}", "(local.get 0) ".repeat(2_000), branches(10_100), "(drop) ".repeat(2_000));
        assert!(refused(&component(0, &pushed)).unwrap().contains("branches"));
    }

    #[test]
    fn branches_are_counted() {
        let branches = |count: usize| component(0, &"(if (local.get 0) (then)) ".repeat(count));
        assert_eq!(refused(&branches(35_000)), None);
        assert!(refused(&branches(40_000)).unwrap().contains("branches"));
    }

    #[test]
    fn instructions_of_a_function_are_counted() {
        let sized = |count: usize| component(0, &"(nop) ".repeat(count));
        assert_eq!(refused(&sized(999_000)), None);
        assert!(refused(&sized(1_000_001)).unwrap().contains("more than 1000000 instructions"));
    }

    #[test]
    fn functions_add_up() {
        let function = format!("(func (param i32) (local {}) {})", "i32 ".repeat(500), nested(100));
        let of = |count: usize| {
            let text =
                format!("(component (core module {}) (core module {}))", function.repeat(count), function);
            refused(&wat::parse_str(text).unwrap())
        };
        assert_eq!(of(2), None);
        assert!(of(4).is_some());
    }

    #[test]
    fn what_is_not_valid_is_left_to_others() {
        let file = component(3, &nested(3));
        for end in 0..file.len() {
            let _ = check(&file[..end]);
            let mut wrong = file.clone();
            wrong[end] ^= 0x15;
            let _ = check(&wrong);
        }
    }
}
