// expects: `serve` never returns; return what it provides, or `()`
use taskflow::task;

#[task]
fn serve(port: u16) -> ! {
    panic!("{port}")
}

fn main() {
    let _: fn(u16) -> ! = serve;
}
