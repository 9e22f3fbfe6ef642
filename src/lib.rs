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

/// Takes DuckDB's allocations, too: of a query's time a quarter went into those of its plan.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
