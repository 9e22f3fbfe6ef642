//! What people do on the shop's site: look, fill baskets, buy, bring back, sign up.

use super::flows::{BROWSE, CART, THANKS, WELCOME, WINBACK};
use super::people::Consent;
use super::sending::Telling;
use super::{ITEMS_MAX, Item, Kind, Oddity, Order};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;
/// The most lines of an order, as events count.
const LINES: u32 = 4;
const _: () = assert!(LINES as usize == ITEMS_MAX);
/// Of those who subscribe; the others do so at the checkout.
pub(super) const BY_FORM: f64 = 0.3;

impl Telling<'_> {
    /// A visit that ends with an order, and what comes after it.
    pub(super) fn order(&mut self, profile: u32, at: i64) {
        let order = self.fill_basket();
        let first = u32::from(order.items[0].product);
        let number = u32::try_from(self.shop.orders.len()).expect("fewer orders than 2^32");
        let lines = order.lines;
        self.shop.orders.push(order);
        self.customers.push(profile);
        self.note(Kind::ActiveOnSite, at - 9 * MINUTE, profile);
        self.note(Kind::ViewedProduct, at - 8 * MINUTE, profile).detail = first;
        self.note(Kind::AddedToCart, at - 5 * MINUTE, profile).detail = first;
        self.note(Kind::StartedCheckout, at - 2 * MINUTE, profile).detail = first;
        let oddity = self.odd_order();
        let placed = self.note(Kind::PlacedOrder, at, profile);
        (placed.detail, placed.oddity) = (number, oddity);
        for line in 0..u32::from(lines) {
            self.note(Kind::OrderedProduct, at, profile).detail = number * LINES + line;
        }
        self.after_order(number, profile, at);
    }

    /// A few shops' plugins send `$value` as text, or no currency.
    fn odd_order(&mut self) -> Oddity {
        match self.random.below(100) {
            0 => Oddity::TextValue,
            1 => Oddity::NoCurrency,
            _ => Oddity::Ordinary,
        }
    }

    fn after_order(&mut self, number: u32, profile: u32, at: i64) {
        match self.random.below(100) {
            0 | 1 => self.note(Kind::CancelledOrder, at + 3 * HOUR, profile).detail = number,
            outcome => {
                let sent = at + DAY + self.while_of(2 * DAY);
                self.note(Kind::FulfilledOrder, sent, profile).detail = number;
                if outcome < 7 {
                    let back = sent + 4 * DAY + self.while_of(12 * DAY);
                    self.note(Kind::RefundedOrder, back, profile).detail = number;
                }
            }
        }
        if self.random.chance(0.3) {
            self.note(Kind::EarnedPoints, at + MINUTE, profile).detail = number;
        }
        if self.random.chance(0.7) {
            self.start_flow(THANKS, profile, at);
        }
        if self.random.chance(0.25) {
            self.start_flow(WINBACK, profile, at);
        }
    }

    /// Someone buys for a whole restaurant; the value comes as text with a comma in it.
    pub(super) fn large_order(&mut self, profile: u32, at: i64) {
        let number = u32::try_from(self.shop.orders.len()).expect("fewer orders than 2^32");
        let first = Item { product: 0, quantity: 60 };
        let second = Item { product: 7, quantity: 2 };
        let cents = |it: Item| self.shop.products[usize::from(it.product)].cents * u32::from(it.quantity);
        let order = Order {
            number: 10_000 + number,
            items: [first, second, Item::default(), Item::default()],
            lines: 2,
            discount_percent: 0,
            canadian: false,
            total_cents: cents(first) + cents(second),
        };
        self.shop.orders.push(order);
        let placed = self.note(Kind::PlacedOrder, at, profile);
        (placed.detail, placed.oddity) = (number, Oddity::TextValue);
    }

    fn fill_basket(&mut self) -> Order {
        let lines = 1 + self.random.weighted(&[66, 23, 8, 3]);
        let mut items = [Item::default(); ITEMS_MAX];
        let mut cents = 0;
        for item in items.iter_mut().take(lines) {
            let product = self.any_product();
            let quantity = 1 + u8::try_from(self.random.weighted(&[84, 13, 3])).expect("below four");
            *item = Item { product: u8::try_from(product).expect("a short list"), quantity };
            cents += self.shop.products[product as usize].cents * u32::from(quantity);
        }
        let discount = [0, 10, 15, 20][self.random.weighted(&[66, 16, 8, 10])];
        Order {
            number: 10_000 + u32::try_from(self.shop.orders.len()).expect("fewer orders than 2^32"),
            items,
            lines: u8::try_from(lines).expect("at most four"),
            discount_percent: discount,
            canadian: self.random.chance(0.02),
            total_cents: cents - cents * u32::from(discount) / 100,
        }
    }

    /// Someone looks around; some fill a cart, some begin to pay, and leave. The shop writes to some of them about it.
    pub(super) fn visit(&mut self, profile: u32, at: i64, may_write: bool) {
        let product = self.any_product();
        self.note(Kind::ActiveOnSite, at, profile);
        self.note(Kind::ViewedProduct, at + 30, profile).detail = product;
        if !self.random.chance(0.35) {
            if may_write {
                self.start_flow(BROWSE, profile, at);
            }
            return;
        }
        self.note(Kind::AddedToCart, at + 90, profile).detail = product;
        if self.random.chance(0.55) {
            self.note(Kind::StartedCheckout, at + 200, profile).detail = product;
            if may_write {
                self.start_flow(CART, profile, at);
            }
        }
    }

    /// Someone sees a form, and most often closes it.
    pub(super) fn form(&mut self, profile: u32, at: i64) {
        let form = self.random.below(4);
        self.note(Kind::ViewedForm, at, profile).detail = form;
        if self.random.chance(0.012) {
            self.note(Kind::SubmittedForm, at + 25, profile).detail = form;
        } else if self.random.chance(0.5) {
            self.note(Kind::ClosedForm, at + 8, profile).detail = form;
        }
    }

    /// Someone becomes known, most often by signing up.
    pub(super) fn sign_up(&mut self, profile: u32) {
        let person = &self.shop.profiles[profile as usize];
        let (at, email, text) = (person.created, person.email, person.text);
        if email == Consent::Subscribed {
            if self.random.chance(BY_FORM) {
                let form = self.random.below(4);
                self.note(Kind::ViewedForm, at - 30, profile).detail = form;
                self.note(Kind::SubmittedForm, at, profile).detail = form;
            }
            self.note(Kind::SubscribedEmail, at, profile);
            self.note(Kind::SubscribedList, at + 1, profile);
            self.start_flow(WELCOME, profile, at);
        }
        if text == Consent::Subscribed {
            self.note(Kind::SubscribedText, at + 2, profile);
        }
    }

    pub(super) fn any_product(&mut self) -> u32 {
        let last = u32::try_from(self.shop.products.len()).expect("a short list");
        // The lower of two draws: some things sell better than others.
        self.random.below(last).min(self.random.below(last))
    }
}
