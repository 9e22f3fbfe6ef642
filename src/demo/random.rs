//! Chance that repeats itself: equal seeds give equal draws on every machine.

/// A stream of draws (splitmix64).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    /// One of many independent streams of the same seed.
    pub(super) fn new(seed: u64, stream: u64) -> Random {
        Random(mix(seed ^ mix(stream.wrapping_mul(GOLDEN))))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A whole number below `end`; 0 where there is none.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let high = (self.next() >> 32) * u64::from(end);
        u32::try_from(high >> 32).expect("a product of two 32-bit numbers, halved, has 32 bits")
    }

    /// A whole number of `start..end`.
    pub(super) fn between(&mut self, start: u32, end: u32) -> u32 {
        start + self.below(end - start)
    }

    /// A number of `0.0..1.0`.
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.below(u32::MAX)) / f64::from(u32::MAX)
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// The index of one of `weights`, each as likely as it is heavy.
    pub(super) fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        weights
            .iter()
            .position(|&weight| {
                let here = left < weight;
                left = left.saturating_sub(weight);
                here
            })
            .unwrap_or(0)
    }

    /// `number` on average, as a whole number: the fraction is the chance of one more.
    pub(super) fn round(&mut self, number: f64) -> u32 {
        let extra = u32::from(self.chance(number.fract()));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts of a demo are small and positive"
        )]
        let whole = number.max(0.0) as u32;
        whole + extra
    }
}

/// Scrambles a number so that no two numbers give the same (the finaliser of splitmix64).
pub(super) fn mix(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_draw_alike_and_streams_differ() {
        let draws = |seed, stream| {
            let mut random = Random::new(seed, stream);
            [random.next(), random.next(), random.next()]
        };
        assert_eq!(draws(1, 1), draws(1, 1));
        assert_ne!(draws(1, 1), draws(1, 2));
        assert_ne!(draws(1, 1), draws(2, 1));
    }

    #[test]
    fn draws_keep_to_their_bounds() {
        let mut random = Random::new(7, 0);
        for _ in 0..10_000 {
            assert!(random.below(10) < 10);
            assert!((5..8).contains(&random.between(5, 8)));
            assert_ne!(random.weighted(&[3, 0, 1]), 1);
        }
    }
}
