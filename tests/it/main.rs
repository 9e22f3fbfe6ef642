//! The application from outside: over HTTP, with a fake Klaviyo on loopback, asking the store what was kept.

mod catalog;
mod klaviyo;
