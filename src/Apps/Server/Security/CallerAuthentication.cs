using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Quorate.Engine.Ports;
using Quorate.Server.OpenAi;
using Quorate.Server.Requests;

namespace Quorate.Server.Security;

/// <summary>
/// Finds out who calls: by an API key in the Authorization header, else by the session cookie, else as the anonymous user where that is
/// allowed. A key or session that is wrong or over is refused, never taken for anonymous.
/// </summary>
internal sealed class CallerAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder, ServerSettings settings, ServerParts parts, CallerCache cache)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public new const string Scheme = "Quorate";

    private const string Bearer = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization is { Count: > 0 } header)
        {
            return header is [{ } value] && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                ? await FindAsync(value[Bearer.Length..].Trim(), AccessTokenKind.ApiKey)
                : AuthenticateResult.Fail("not a bearer token");
        }

        if (SessionCookie.Read(Request) is { } session)
        {
            var found = await FindAsync(session, AccessTokenKind.Session);
            if (!found.Succeeded)
            {
                SessionCookie.Remove(Context);
            }

            return found;
        }

        return settings.Anonymous == AnonymousUse.Loopback && LocalUse.Is(Context)
            ? Accept(Remembered(CallerCache.Anonymous) ?? Remember(CallerCache.Anonymous, new Caller(await parts.Accounts.FindAnonymousAsync(Context.RequestAborted), null)))
            : AuthenticateResult.NoResult();
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return Problem.Of(StatusCodes.Status401Unauthorized, "not_logged_in", "log in, or send an API key: Authorization: Bearer KEY").ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problem.Of(StatusCodes.Status403Forbidden, "not_allowed", $"your role, {Context.FindCaller()?.User.Role.ToString().ToLowerInvariant()}, does not allow this").ExecuteAsync(Context);

    private async Task<AuthenticateResult> FindAsync(string secret, AccessTokenKind kind)
    {
        if (secret.Length is 0 or > SecretToken.Longest)
        {
            return AuthenticateResult.Fail("not a token");
        }

        var hash = SecretToken.Hash(secret);
        if (Remembered(hash) is { } known && known.Token!.Kind == kind)
        {
            return Accept(known);
        }

        var found = await parts.Accounts.FindByTokenAsync(hash, Context.RequestAborted);
        return found is var (user, token) && token.Kind == kind ? Accept(Remember(hash, new Caller(user, token))) : AuthenticateResult.Fail("no such token");
    }

    private Caller? Remembered(string hash) => OpenAiError.IsFor(Context) ? cache.Find(hash) : null;

    private Caller Remember(string hash, Caller caller)
    {
        if (OpenAiError.IsFor(Context))
        {
            cache.Keep(hash, caller);
        }

        return caller;
    }

    private AuthenticateResult Accept(Caller caller)
    {
        Context.Set(caller);
        return AuthenticateResult.Success(new AuthenticationTicket(caller.ToPrincipal(), Scheme));
    }
}
