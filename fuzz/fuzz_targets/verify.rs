#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| untis_webhook_tests::fuzz::verify(input));
