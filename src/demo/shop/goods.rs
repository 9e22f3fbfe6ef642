//! What the shop sells.

pub(in crate::demo) const SHOP_URL: &str = "https://www.hearthandpine.example";

#[derive(Debug, Clone)]
pub(in crate::demo) struct Product {
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) category: &'static str,
    pub(in crate::demo) cents: u32,
    pub(in crate::demo) published: bool,
}

pub(in crate::demo) const CATEGORIES: [&str; 5] = ["Kitchen", "Bedding", "Lighting", "Candles", "Outdoor"];

/// The first sell best.
const GOODS: &[(usize, &str, u32)] = &[
    (0, "Stoneware Mug", 1800),
    (0, "Olive Wood Cutting Board", 4800),
    (0, "Cast Iron Skillet 10\"", 5900),
    (0, "Linen Apron", 3900),
    (0, "Pour-Over Coffee Set", 6400),
    (0, "Ceramic Mixing Bowls (Set of 3)", 7200),
    (0, "Walnut Salad Servers", 2800),
    (0, "Copper Kettle", 9800),
    (0, "Salt & Pepper Mill Pair", 4200),
    (3, "Cedar & Smoke Candle", 2600),
    (3, "Fig Leaf Candle", 2600),
    (3, "Beeswax Tapers (Pair)", 1400),
    (3, "Orange Blossom Diffuser", 3800),
    (3, "Winter Forest Candle", 3000),
    (3, "Matches in Glass Jar", 1200),
    (3, "Candle Snuffer", 1600),
    (3, "Discovery Set: Six Scents", 4400),
    (2, "Paper Lantern", 3400),
    (2, "Brass Table Lamp", 11_200),
    (2, "Oak Floor Lamp", 14_500),
    (2, "Rattan Pendant", 9600),
    (2, "Edison Bulb (Pack of 4)", 2400),
    (2, "Clip Reading Light", 3200),
    (2, "Driftwood Night Light", 2700),
    (4, "Canvas Tote", 2200),
    (4, "Picnic Blanket", 6800),
    (4, "Enamel Camp Mug", 1500),
    (4, "Teak Planter", 8400),
    (4, "Galvanised Watering Can", 3700),
    (4, "Outdoor Lantern", 5200),
    (4, "Hammock \"Siesta\"", 9900),
    (4, "Bird Feeder", 3300),
    (1, "Linen Duvet Cover", 14_800),
    (1, "Washed Cotton Sheets", 11_800),
    (1, "Alpaca Throw", 12_900),
    (1, "Waffle Bath Towel", 2900),
    (1, "Quilted Pillow Sham", 3600),
    (1, "Merino Blanket", 13_900),
    (1, "Eye Pillow with Lavender", 1900),
    (1, "Organic Bath Robe", 8800),
];

pub(super) fn products() -> Vec<Product> {
    GOODS
        .iter()
        .zip(0_u32..)
        .map(|(&(category, name, cents), index)| Product {
            name,
            category: CATEGORIES[category],
            cents,
            published: index % 13 != 12,
        })
        .collect()
}

impl Product {
    pub(in crate::demo) fn url(&self) -> String {
        format!("{SHOP_URL}/products/{}", self.handle())
    }

    pub(in crate::demo) fn image(&self) -> String {
        format!("{SHOP_URL}/cdn/{}.jpg", self.handle())
    }

    fn handle(&self) -> String {
        self.name
            .to_lowercase()
            .split(|it: char| !it.is_ascii_alphanumeric())
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    }
}
