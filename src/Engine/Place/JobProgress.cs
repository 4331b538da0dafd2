using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place;

/// <summary>One job of a run, as far as it has come.</summary>
internal sealed class JobProgress(JobSpec spec)
{
    public JobSpec Spec { get; } = spec;

    public JobStage Stage { get; set; }

    public PlacedJob Result { get; set; } = new() { Name = spec.Name, Outcome = PlacementOutcome.Failed, Reason = "its turn never came" };

    /// <summary>Names each start: one that was lost is not the next one.</summary>
    public int Attempt { get; set; }

    /// <summary>What is to run and where; null while it holds no nodes.</summary>
    public JobStart? Start { get; set; }

    /// <summary>The backend was asked to run <see cref="Start"/>, and may know it.</summary>
    public bool Asked { get; set; }

    /// <summary>Since when the backend does not answer for it, or an earlier start of it does not end, in the cluster's time.</summary>
    public TimeSpan? UnansweredSince { get; set; }

    /// <summary>It was placed, and then lost.</summary>
    public bool Lost { get; set; }

    public bool IsOver => Stage is JobStage.Ended or JobStage.GivenUp;
}

/// <summary>Where a job stands.</summary>
internal enum JobStage
{
    /// <summary>Not submitted yet.</summary>
    Later,
    Queued,

    /// <summary>It holds nodes; the backend has not taken it yet.</summary>
    Starting,
    Running,
    Ended,

    /// <summary>Rejected or failed.</summary>
    GivenUp,
}
