using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Quorate.Server.Requests;

namespace Quorate.Server.Security;

/// <summary>How often one user, or one address without a user, may call.</summary>
internal static class RateLimits
{
    /// <summary>The policy of endpoints that take passwords: by address, whoever calls.</summary>
    public const string SignIn = "sign-in";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static void Set(RateLimiterOptions options, ServerSettings settings)
    {
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetTokenBucketLimiter(CallerOf(context), _ => Bucket(settings.RequestsPerMinute)));
        options.AddPolicy(SignIn, context => RateLimitPartition.GetTokenBucketLimiter(AddressOf(context), _ => Bucket(settings.SignInsPerMinute)));
        options.OnRejected = async (rejected, _) =>
        {
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
            rejected.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await Problem.Of(StatusCodes.Status429TooManyRequests, "too_many_requests", "you call too often", "wait as long as Retry-After says, in seconds").ExecuteAsync(rejected.HttpContext);
        };
    }

    private static string CallerOf(HttpContext context) => context.FindCaller() is { Anonymous: false } caller ? $"user {caller.User.Id}" : AddressOf(context);

    private static string AddressOf(HttpContext context) => $"address {context.Connection.RemoteIpAddress}";

    // Refilled a little at a time, so that a full minute's worth may come at once but not twice.
    private static TokenBucketRateLimiterOptions Bucket(int perMinute) => new()
    {
        TokenLimit = perMinute,
        TokensPerPeriod = Math.Max(1, perMinute / 60),
        ReplenishmentPeriod = perMinute >= 60 ? TimeSpan.FromSeconds(1) : Minute / perMinute,
        QueueLimit = 0,
    };
}
