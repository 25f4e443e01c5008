//! What keys are computed with: AVX-512 IFMA where the processor has it, or what every processor can do. What is claimed of
//! verification is tested on both ([`on_both_paths!`](crate::on_both_paths)).

use std::process::Command;
use std::{env, fs};

use crate::platform::PLATFORM;

/// Runs what this file tests again on the portable path.
#[macro_export]
macro_rules! on_both_paths {
    () => {
        #[test]
        fn on_the_portable_path_as_well() {
            $crate::paths::run_again("on_the_portable_path_as_well");
        }
    };
}

/// Whether the processor says that it has AVX-512 IFMA.
pub fn has_ifma() -> bool {
    fs::read_to_string("/proc/cpuinfo").is_ok_and(|cpu| cpu.contains(" avx512ifma "))
}

/// Runs this program's tests again on the portable path, but those that are ignored. `this` is the one that does so.
pub fn run_again(this: &str) {
    let is_fast = PLATFORM.verifying_key().is_fast();
    let is_again = env::var_os(PORTABLE).is_some();
    assert_eq!(is_fast, has_ifma() && !is_again);
    println!("Arithmetic: {}", if is_fast { "AVX-512 IFMA" } else { "portable" });
    if is_again {
        return;
    }
    let again =
        Command::new(env::current_exe().unwrap()).arg("--nocapture").env(PORTABLE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success(), "{said}{}", String::from_utf8_lossy(&again.stderr));
    assert!(said.lines().any(|line| line.starts_with("test ") && line.contains(this)), "{said}");
    assert!(said.contains("Arithmetic: portable"), "{said}");
    // This one alone would say nothing.
    assert!(!said.contains("test result: ok. 1 passed"), "{said}");
}

/// Read by the core if it has the feature `__tests`.
const PORTABLE: &str = "UNTIS_WEBHOOK_TESTS_PORTABLE";
