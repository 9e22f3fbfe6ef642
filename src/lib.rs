//! Klytics: self-hosted analytics for Klaviyo accounts. `ARCHITECTURE.md` says what is where, and why.

pub mod catalog;
pub mod config;
pub mod demo;
pub mod klaviyo;
pub mod range;
pub mod store;
pub mod sync;
pub mod web;
