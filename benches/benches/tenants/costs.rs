use std::array;
use std::time::{Duration, Instant};

use untis_webhook_tenants::{Decision, Registry};

use crate::database::Database;
use crate::deliveries::Signed;

/// What is timed. Those of a registry are each compared with the upsert of a row that is or is not there either.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Activate,
    Get,
    Insert,
    Repeat,
    Replace,
    Update,
}

impl Step {
    /// In the order in which a round has them: what is repeated came before.
    const ROUND: [Self; 6] =
        [Self::Update, Self::Replace, Self::Repeat, Self::Insert, Self::Activate, Self::Get];

    /// What receives, beside what it is to be compared with.
    pub(crate) const RECEIVES: [(Self, Self); 3] =
        [(Self::Activate, Self::Insert), (Self::Replace, Self::Update), (Self::Repeat, Self::Update)];

    /// What is to cost as much with many tenants as with few.
    pub(crate) const REGISTRY: [Self; 4] = [Self::Activate, Self::Replace, Self::Repeat, Self::Get];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Activate => "receive: a new tenant",
            Self::Get => "get",
            Self::Insert => "upsert of a new row",
            Self::Repeat => "receive: a repetition",
            Self::Replace => "receive: other credentials",
            Self::Update => "upsert of a row",
        }
    }

    async fn run(self, registry: &Registry<impl Database>, signed: &Signed, row: &str) {
        let receive = async |delivery, decision| {
            assert_eq!(registry.receive(delivery).await.unwrap().decision, decision);
        };
        match self {
            Self::Activate => receive(&signed.new_activation, Decision::Activate).await,
            Self::Get => assert!(registry.get(&signed.id).await.unwrap().is_some()),
            Self::Insert => registry.store().upsert(&signed.new_id, row).await,
            Self::Repeat => receive(&signed.reset, Decision::Nothing).await,
            Self::Replace => receive(&signed.reset, Decision::Replace).await,
            Self::Update => registry.store().upsert(&signed.id, row).await,
        }
    }
}

/// What each step cost, over each of the registries.
pub(crate) struct Costs<const N: usize>([[Vec<Duration>; Step::ROUND.len()]; N]);

impl<const N: usize> Costs<N> {
    /// Times every step, a round for each of these, and in each round over every registry in turn, so that what else the
    /// machine does disturbs all of them, or none.
    pub(crate) async fn measure<S: Database>(
        registries: [&Registry<S>; N],
        rounds: &[Signed],
        row: &str,
    ) -> Self {
        let mut costs = Self(array::from_fn(|_| array::from_fn(|_| Vec::new())));
        for (round, signed) in rounds.iter().enumerate() {
            for (at, step) in Step::ROUND.into_iter().enumerate() {
                for turn in 0..N {
                    let which = (round + turn) % N;
                    let start = Instant::now();
                    step.run(registries[which], signed, row).await;
                    costs.0[which][at].push(start.elapsed());
                }
            }
        }
        costs
    }

    /// In nanoseconds.
    pub(crate) fn median(&mut self, which: usize, step: Step) -> f64 {
        let at = Step::ROUND.iter().position(|other| *other == step).unwrap();
        let costs = &mut self.0[which][at];
        costs.sort_unstable();
        costs[costs.len() / 2].as_secs_f64() * 1e9
    }
}
