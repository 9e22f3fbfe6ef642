//! Klytics: self-hosted analytics for Klaviyo accounts. `ARCHITECTURE.md` says what is where, and why.

pub mod api;
pub mod app;
pub mod catalog;
pub mod causes;
pub mod cli;
pub mod config;
pub mod demo;
pub mod histogram;
pub mod klaviyo;
pub mod pages;
pub mod range;
pub mod store;
pub mod sync;
pub mod web;
