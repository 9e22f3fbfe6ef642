//! The application from outside: over HTTP, with a fake Klaviyo on loopback, asking the store what was kept.

mod api;
mod catalog;
mod klaviyo;
mod numbers;
mod support;
mod sync;
