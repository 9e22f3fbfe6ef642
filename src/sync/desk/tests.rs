use super::*;
use crate::catalog::{ENTITIES, find};
use crate::sync::whole;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
}

fn entities(names: &[&str]) -> Vec<&'static Entity> {
    names.iter().map(|it| find(it).unwrap_or_else(|| panic!("there is no {it}"))).collect()
}

fn order(names: &[&str]) -> Order {
    Order { entities: whole(&entities(names)), forced: false, since: None, trigger: Trigger::Api }
}

/// The names of all that is handed out until nothing is.
fn taken(desk: &mut Desk, pace: Pace) -> Vec<Task> {
    std::iter::from_fn(|| desk.take(pace, noon())).collect()
}

fn names(tasks: &[Task]) -> Vec<(i64, &'static str)> {
    tasks.iter().map(|it| (it.run, it.entity.name)).collect()
}

/// As `run::settle` does, and then gives the task back.
fn end(desk: &mut Desk, task: &Task, status: Status) {
    let companions = task.entity.companions().map(|(it, _)| it.name);
    for name in std::iter::once(task.entity.name).chain(companions) {
        if let Some(it) = desk.live(task.run).and_then(|it| it.entity(name)) {
            it.status = status;
        }
    }
    desk.finish(task);
}

#[test]
fn everything_waits_for_the_account_and_children_for_their_parents() {
    let mut desk = Desk::default();
    desk.start(order(&["accounts", "flows", "flow_messages", "events"]), noon());
    let first = taken(&mut desk, Pace::Prompt);
    assert_eq!(names(&first), [(1, "accounts")]);
    assert!(taken(&mut desk, Pace::Slow).is_empty());
    end(&mut desk, &first[0], Status::Failed);
    let second = taken(&mut desk, Pace::Prompt);
    assert_eq!(names(&second), [(1, "events"), (1, "flows")]);
    assert!(taken(&mut desk, Pace::Slow).is_empty());
    end(&mut desk, &second[1], Status::Completed);
    assert_eq!(names(&taken(&mut desk, Pace::Slow)), [(1, "flow_messages")]);
}

#[test]
fn what_one_run_is_about_to_do_another_leaves_to_it() {
    let mut desk = Desk::default();
    let first = desk.start(order(&["segment_counts", "events"]), noon());
    let slow = taken(&mut desk, Pace::Slow);
    let events = taken(&mut desk, Pace::Prompt);
    let second = desk.start(order(&["events", "metrics"]), noon());
    assert_eq!((second.joined, second.entities), (false, vec!["metrics".to_owned()]));
    assert!(desk.start(order(&["metrics", "events"]), noon()).joined, "two runs do it all");
    assert_eq!(desk.start(order(&["events"]), noon()).run, first.run);
    // Once they were read, what is wanted is what happened since.
    end(&mut desk, &events[0], Status::Completed);
    let third = desk.start(order(&["events", "segment_counts"]), noon());
    assert_eq!((third.joined, third.entities), (false, vec!["events".to_owned()]));
    assert_eq!(names(&slow), [(1, "segment_counts")]);
}

#[test]
fn an_entity_is_never_copied_twice_at_a_time_nor_out_of_turn() {
    let mut desk = Desk::default();
    desk.start(order(&["events"]), noon());
    let first = taken(&mut desk, Pace::Prompt);
    desk.start(Order { forced: true, ..order(&["events", "metrics"]) }, noon());
    desk.start(Order { since: Some(noon()), ..order(&["events"]) }, noon());
    assert_eq!(names(&taken(&mut desk, Pace::Prompt)), [(2, "metrics")]);
    end(&mut desk, &first[0], Status::Completed);
    let again = taken(&mut desk, Pace::Prompt);
    assert_eq!(names(&again), [(2, "events")], "a full run stands in for one that reads from a day on");
    assert!(!desk.is_live(3));
}

#[test]
fn what_takes_long_does_not_hold_up_the_rest() {
    let mut desk = Desk::default();
    desk.start(order(&["segment_counts", "list_counts", "flow_messages", "form_versions"]), noon());
    let slow = taken(&mut desk, Pace::Slow);
    assert_eq!(slow.len(), 4);
    desk.start(order(&["accounts", "events", "lists"]), noon());
    let account = taken(&mut desk, Pace::Prompt);
    end(&mut desk, &account[0], Status::Completed);
    assert_eq!(names(&taken(&mut desk, Pace::Prompt)), [(2, "events"), (2, "lists")]);
    assert!(desk.is_prompt_under_way());
}

#[test]
fn the_paces_are_what_they_were_thought_to_be() {
    let slow: Vec<_> = ENTITIES.iter().filter(|it| it.pace() == Pace::Slow).map(|it| it.name).collect();
    for name in ["segment_counts", "list_counts", "flow_messages", "form_versions"] {
        assert!(slow.contains(&name), "{name}");
    }
    for name in ["accounts", "metrics", "events", "campaigns", "flows", "forms", "segments", "lists", "profiles"] {
        assert!(!slow.contains(&name), "{name}");
    }
}

#[test]
fn a_pause_lets_nothing_begin_and_a_resume_everything() {
    let mut desk = Desk::default();
    desk.start(order(&["events", "metrics"]), noon());
    let running = desk.take(Pace::Prompt, noon()).expect("a task");
    desk.pause();
    let held = desk.held();
    assert_eq!((held.len(), held[0].run.status), (1, Status::Paused));
    assert!(held[0].run.entities.iter().all(|it| it.status == Status::Paused));
    assert!(!running.cancel.is_set(), "it stops at its next page, where it keeps its place");
    assert!(desk.take(Pace::Prompt, noon()).is_none());
    assert!(desk.is_held(running.run));
    let later = desk.start(order(&["tags"]), noon());
    assert_eq!(later.status, Status::Paused);
    // Who sits at a terminal wants it now.
    desk.start(Order { trigger: Trigger::CommandLine, ..order(&["lists"]) }, noon());
    assert_eq!(names(&taken(&mut desk, Pace::Prompt)), [(3, "lists")]);
    desk.resume();
    assert_eq!(names(&taken(&mut desk, Pace::Prompt)), [(1, "events"), (2, "tags")]);
}

#[test]
fn what_is_held_outlives_the_process() {
    let mut desk = Desk::default();
    desk.start(Order { forced: true, since: Some(noon()), ..order(&["events", "campaigns"]) }, noon());
    let tasks = taken(&mut desk, Pace::Prompt);
    end(&mut desk, &tasks[1], Status::Completed);
    desk.pause();
    assert_eq!(desk.shut(), [0; 0], "a held run is not ended");
    assert!(tasks[0].cancel.is_set());
    desk.finish(&tasks[0]);
    assert!(desk.close(1).is_none());
    let mut next = Desk::new(7, true, desk.held());
    assert!(next.take(Pace::Prompt, noon()).is_none());
    next.resume();
    let again = taken(&mut next, Pace::Prompt);
    assert_eq!(names(&again), [(1, "events")], "campaigns were done");
    assert_eq!((again[0].order.forced, again[0].order.since), (true, Some(noon())));
    assert_eq!(next.start(order(&["tags"]), noon()).run, 8);
}

#[test]
fn a_run_that_is_cancelled_ends_and_the_others_go_on() {
    let mut desk = Desk::default();
    desk.start(order(&["events", "metrics"]), noon());
    let task = desk.take(Pace::Prompt, noon()).expect("a task");
    desk.start(order(&["tags"]), noon());
    assert_eq!(desk.cancel(Some(9)).0, [0; 0]);
    let (runs, put_off) = desk.cancel(Some(1));
    assert_eq!((runs, put_off.iter().map(|it| it.name).collect()), (vec![1], vec!["events"]));
    let events = find("events").expect("an entity");
    assert!(desk.is_under_way(events), "no schedule begins it before it is written down");
    desk.forget_put_off();
    assert!(!desk.is_under_way(events));
    assert!(task.cancel.is_set());
    assert!(desk.close(1).is_none(), "something of it is still being copied");
    end(&mut desk, &task, Status::Cancelled);
    let ended = desk.close(1).expect("its end");
    assert!(ended.entities.iter().all(|it| it.status == Status::Cancelled));
    assert!(desk.close(1).is_none(), "it is written down once");
    desk.put_away(ended);
    assert!(desk.ended(1).is_some() && !desk.is_live(1) && desk.is_live(2));
    assert_eq!(names(&taken(&mut desk, Pace::Prompt)), [(2, "tags")]);
}

#[test]
fn waits_side_by_side_are_one_and_count_as_they_pass() {
    let mut desk = Desk::default();
    desk.start(order(&["events"]), noon());
    desk.take(Pace::Prompt, noon());
    let at = |secs| noon() + TimeDelta::seconds(secs);
    let live = desk.live(1).expect("a run");
    live.begin_wait("events", at(0));
    live.begin_wait("events", at(5));
    assert_eq!(live.end_wait("events", at(10)), None, "another thread still waits");
    let shown = live.shown(at(12)).entities[0].waited_secs;
    assert!((shown - 12.0).abs() < 1e-9, "what is waited is not told ahead: {shown}");
    assert_eq!(live.end_wait("events", at(15)), Some(15.0));
    assert_eq!(live.end_wait("events", at(16)), None);
}

#[test]
fn the_time_that_is_left_follows_from_the_share_that_is_done() {
    let events = find("events").expect("an entity");
    let it = RunEntity { started_at: Some(noon()), done: Some(0.25), ..RunEntity::queued(events) };
    assert_eq!(left(&it, noon() + TimeDelta::seconds(60)), Some(180.0));
    assert_eq!(left(&RunEntity { done: Some(0.001), ..it.clone() }, noon()), None, "too little to judge by");
    assert_eq!(left(&RunEntity { done: None, ..it }, noon()), None);
}
