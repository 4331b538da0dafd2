using Microsoft.Extensions.Configuration;
using Quorate.Contracts;
using Quorate.Server;

namespace Quorate.Cli.Configuration;

/// <summary>Where the server listens, whom it lets in and what it bears.</summary>
internal sealed class ServerConfig
{
    /// <summary>Addresses to listen on; default http://127.0.0.1:7860.</summary>
    [ConfigurationKeyName("urls")]
    public List<string> Urls { get; set; } = [];

    /// <summary>Use without an account: loopback (default, this machine only) or off.</summary>
    [ConfigurationKeyName("anonymous")]
    public string Anonymous { get; set; } = "loopback";

    /// <summary>Who may make an account: loopback (default), open (anyone who reaches the server) or off.</summary>
    [ConfigurationKeyName("sign_up")]
    public string SignUp { get; set; } = "loopback";

    /// <summary>16–65,536 KiB of a request's body; default 256.</summary>
    [ConfigurationKeyName("max_body_kb")]
    public int MaxBodyKb { get; set; } = 256;

    /// <summary>10–1,000,000 requests of one user or address; default 600.</summary>
    [ConfigurationKeyName("requests_per_minute")]
    public int RequestsPerMinute { get; set; } = 600;

    /// <summary>1–86,400 seconds for one question; default 300.</summary>
    [ConfigurationKeyName("job_timeout_s")]
    public double JobTimeoutSeconds { get; set; } = 300;

    /// <summary>0.1–8,760 hours that a log-in holds; default 12.</summary>
    [ConfigurationKeyName("session_hours")]
    public double SessionHours { get; set; } = 12;

    /// <summary>1–256 questions worked on side by side; default 4.</summary>
    [ConfigurationKeyName("jobs_at_once")]
    public int JobsAtOnce { get; set; } = 4;

    /// <summary>1–100,000 questions that may wait; default 100.</summary>
    [ConfigurationKeyName("max_queued_jobs")]
    public int MaxQueuedJobs { get; set; } = 100;

    /// <summary>1–1,000,000 questions kept for each user; default 10,000.</summary>
    [ConfigurationKeyName("max_history")]
    public int MaxHistory { get; set; } = 10_000;

    /// <param name="urls">Of the command line; none: the configured ones.</param>
    public ServerSettings ToSettings(IReadOnlyList<string> urls) => new()
    {
        Urls = urls.Count > 0 ? urls : Urls.Count > 0 ? Urls : [ServerSettings.DefaultUrl],
        Anonymous = Enum.Parse<AnonymousUse>(Anonymous, ignoreCase: true),
        SignUp = Enum.Parse<SignUp>(SignUp, ignoreCase: true),
        MaxBodyBytes = MaxBodyKb * 1024,
        RequestsPerMinute = RequestsPerMinute,
        JobTimeout = TimeSpan.FromSeconds(JobTimeoutSeconds),
        SessionLifetime = TimeSpan.FromHours(SessionHours),
        JobsAtOnce = JobsAtOnce,
        MaxQueuedJobs = MaxQueuedJobs,
        MaxHistory = MaxHistory,
    };

    public IEnumerable<string> Problems() =>
    [
        .. Urls.Select(UrlProblem).OfType<string>(),
        .. OneOf("anonymous", Anonymous, "loopback", "off"),
        .. OneOf("sign_up", SignUp, "loopback", "open", "off"),
        .. Range("max_body_kb", MaxBodyKb, 16, 65_536),
        .. Range("requests_per_minute", RequestsPerMinute, 10, 1_000_000),
        .. Range("job_timeout_s", JobTimeoutSeconds, 1, 86_400),
        .. Range("session_hours", SessionHours, 0.1, 8_760),
        .. Range("jobs_at_once", JobsAtOnce, 1, 256),
        .. Range("max_queued_jobs", MaxQueuedJobs, 1, 100_000),
        .. Range("max_history", MaxHistory, 1, 1_000_000),
    ];

    private static string? UrlProblem(string url)
    {
        try
        {
            ServerAddress.Parse(url);
            return null;
        }
        catch (QuorateException e)
        {
            return e.Message.Replace("--urls", "server.urls", StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> OneOf(string key, string value, params string[] allowed) =>
        allowed.Contains(value) ? [] : [$"server.{key} is '{value}'; {string.Join(" or ", allowed)} is allowed"];

    private static IEnumerable<string> Range(string key, double value, double least, double most) =>
        value >= least && value <= most ? [] : [$"server.{key} is {value}; {least} to {most} is allowed"];
}
