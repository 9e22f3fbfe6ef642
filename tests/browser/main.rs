//! The pages in a real browser, over the real application and a fake Klaviyo; everything is on loopback.
//!
//! It needs Chromium, chromedriver and axe-core, which `script/test` installs. Without them it fails: a test that
//! quietly did not run says nothing.

mod browser;
mod live;
mod plain;
mod sound;
mod subject;
mod tables;
