use std::process::ExitCode;

/// What was printed: whether every bound was held.
#[derive(Default)]
pub(crate) struct Report {
    broken: usize,
}

impl Report {
    /// What it costs in nanoseconds, beside what it is compared with.
    pub(crate) fn line(
        &mut self,
        what: &str,
        cost: f64,
        reference: &str,
        reference_cost: f64,
        bound: Option<f64>,
    ) {
        let ratio = cost / reference_cost;
        let verdict =
            bound.map_or(String::new(), |bound| self.verdict(&format!("{bound:.2}"), ratio <= bound));
        println!(
            "{what:<44} {:>8.0} us = {ratio:>5.2} x {reference} ({:.0} us){verdict}",
            cost / 1e3,
            reference_cost / 1e3
        );
    }

    pub(crate) fn verdict(&mut self, bound: &str, is_held: bool) -> String {
        self.broken += usize::from(!is_held);
        format!("   bound {bound}: {}", if is_held { "within" } else { "ABOVE" })
    }

    pub(crate) fn end(&self) -> ExitCode {
        match self.broken {
            0 => ExitCode::SUCCESS,
            broken => {
                eprintln!("\n{broken} bounds are not held");
                ExitCode::FAILURE
            }
        }
    }
}
