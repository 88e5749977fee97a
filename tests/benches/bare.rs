//! What a process costs that does nothing but run one component on bare wasmtime: `bare CODE.cwasm INPUT`, or
//! `bare --compile COMPONENT.wasm CODE.cwasm`.

use std::io::Write;

use openskills_tests::bare::Bare;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--compile", component, code] => {
            Ok(std::fs::write(code, Bare::compile(&std::fs::read(component)?)?)?)
        }
        [code, input] => {
            let bare = Bare::load(code.as_ref())?;
            Ok(writeln!(std::io::stdout(), "{}", bare.call(input)?)?)
        }
        _ => Err("usage: bare CODE.cwasm INPUT | bare --compile COMPONENT.wasm CODE.cwasm".into()),
    }
}
