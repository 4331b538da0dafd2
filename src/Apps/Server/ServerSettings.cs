namespace Quorate.Server;

/// <summary>Who may use the server without an account.</summary>
public enum AnonymousUse
{
    Off,

    /// <summary>Whoever sits at this machine: the connection and the Host header are both loopback, and no proxy is in between.</summary>
    Loopback,
}

/// <summary>Who may make an account of their own.</summary>
public enum SignUp
{
    Off,

    /// <summary>As for <see cref="AnonymousUse.Loopback"/>.</summary>
    Loopback,
    Open,
}

/// <summary>Where the server listens, whom it lets in and what it bears.</summary>
public sealed record ServerSettings
{
    public const string DefaultUrl = "http://127.0.0.1:7860";

    /// <summary>http addresses with a port; 0 takes a free one.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [DefaultUrl];

    public AnonymousUse Anonymous { get; init; } = AnonymousUse.Loopback;

    public SignUp SignUp { get; init; } = SignUp.Loopback;

    /// <summary>Bytes of a request's body.</summary>
    public int MaxBodyBytes { get; init; } = 256 * 1024;

    /// <summary>For each user, and for each address without one.</summary>
    public int RequestsPerMinute { get; init; } = 600;

    /// <summary>Attempts to log in or sign up from one address.</summary>
    public int SignInsPerMinute { get; init; } = 20;

    /// <summary>Beyond this a request is given up.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Beyond this a job has failed.</summary>
    public TimeSpan JobTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a log-in holds.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Jobs that this server runs side by side.</summary>
    public int JobsAtOnce { get; init; } = 4;

    /// <summary>Jobs of all users that may wait.</summary>
    public int MaxQueuedJobs { get; init; } = 100;

    /// <summary>Questions kept for each user; the oldest that ended give way.</summary>
    public int MaxHistory { get; init; } = 10_000;

    /// <summary>A job whose server has not been heard of for this long is another server's to take.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);
}
