//! Gives back values of every type that WIT has, as typed functions.

wit_bindgen::generate!({ path: "wit/typed", world: "typed" });

use std::cell::Cell;

use exports::tests::typed::counters::{Counter, CounterBorrow, GuestCounter};
use exports::tests::typed::kinds::{self, Integers, Many, Options, Order, Results, Rights, Shape};

struct Typed;

export!(Typed);

macro_rules! echo {
    ($($name:ident: $kind:ty;)*) => {
        $(fn $name(v: $kind) -> $kind {
            v
        })*
    };
}

impl exports::tests::typed::kinds::Guest for Typed {
    echo! {
        echo_bool: bool;
        echo_u8: u8;
        echo_s8: i8;
        echo_u16: u16;
        echo_s16: i16;
        echo_u32: u32;
        echo_s32: i32;
        echo_u64: u64;
        echo_s64: i64;
        echo_f32: f32;
        echo_f64: f64;
        echo_char: char;
        echo_string: String;
        echo_bytes: Vec<u8>;
        echo_words: Vec<String>;
        echo_numbers: Vec<u32>;
        echo_tuple: (String, u64, Option<char>);
        echo_point: kinds::Point;
        echo_shape: Shape;
        echo_urgency: kinds::Urgency;
        echo_rights: Rights;
        echo_many: Many;
        echo_integers: Integers;
        echo_results: Results;
        echo_options: Options;
        echo_option: Option<Option<u8>>;
        echo_order: Order;
        echo_orders: Vec<Order>;
        both: Result<u64, String>;
        ok_only: Result<u64, ()>;
        err_only: Result<(), Order>;
        neither: Result<(), ()>;
    }
}

struct OneCounter(Cell<u32>);

impl GuestCounter for OneCounter {
    fn new(start: u32) -> Self {
        Self(Cell::new(start))
    }

    fn next(&self) -> u32 {
        self.0.set(self.0.get().wrapping_add(1));
        self.0.get()
    }

    fn sum(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }
}

impl exports::tests::typed::counters::Guest for Typed {
    type Counter = OneCounter;

    fn peek(counter: CounterBorrow<'_>) -> u32 {
        counter.get::<OneCounter>().0.get()
    }

    fn all() -> Vec<Counter> {
        Vec::new()
    }
}

impl Guest for Typed {
    fn distance(a: Point, b: Point) -> f64 {
        (a.x - b.x).hypot(a.y - b.y)
    }

    fn name_it(at: Point, name: Option<String>, urgency: Urgency) -> Named {
        Named { name: name.unwrap_or_else(|| format!("{urgency:?}")), at }
    }

    fn nothing() {}

    fn say(text: String) {
        println!("{text}");
    }

    fn bytes(count: u32) -> Vec<u8> {
        vec![7; count as usize]
    }

    fn numbers(count: u32) -> Vec<u64> {
        vec![7; count as usize]
    }

    fn text(count: u32) -> String {
        "x".repeat(count as usize)
    }

    fn empty_texts(count: u32) -> Vec<String> {
        vec![String::new(); count as usize]
    }
}
