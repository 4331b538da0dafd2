using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quorate.Engine.Ports;
using Quorate.Server.Requests;
using Quorate.Server.Security;

namespace Quorate.Server.Endpoints;

public sealed record Credentials(string Username, string Password);

public sealed record UserView(string Username, string Role, bool Anonymous, string? AggregatorId);

public sealed record ApiKeyRequest(string? Label);

public sealed record ApiKeyView(string Id, string Label, DateTimeOffset CreatedAt);

/// <param name="Id">For its removal.</param>
/// <param name="Label">What its owner calls it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ApiKey">Shown this once.</param>
public sealed record NewApiKey(string Id, string Label, DateTimeOffset CreatedAt, string ApiKey);

/// <summary>Sign-up, log-in and API keys.</summary>
internal static class AccountEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder app)
    {
        app.MapPost("/signup", SignUpAsync).AllowAnonymous().RequireRateLimiting(RateLimits.SignIn).WithSummary("Make an account, an operator's, and log in.")
            .Accepts<Credentials>("application/json").Produces<UserView>();
        app.MapPost("/login", LogInAsync).AllowAnonymous().RequireRateLimiting(RateLimits.SignIn).WithSummary("Log in: sets the session cookie.")
            .Accepts<Credentials>("application/json").Produces<UserView>();
        app.MapPost("/logout", LogOutAsync).WithSummary("Log out: the cookie is valid no more.");
        app.MapGet("/me", Me).WithSummary("Who you are.").Produces<UserView>();
        app.MapPost("/api_keys", AddKeyAsync).WithSummary("Make an API key.").Accepts<ApiKeyRequest>("application/json").Produces<NewApiKey>();
        app.MapGet("/api_keys", ListKeysAsync).WithSummary("Your API keys, without their secrets.").Produces<IReadOnlyList<ApiKeyView>>();
        app.MapDelete("/api_keys/{id}", RemoveKeyAsync).WithSummary("Remove one of your API keys.");
    }

    private static async Task<IResult> SignUpAsync(HttpContext context, ServerSettings settings, AccountService accounts)
    {
        if (settings.SignUp == SignUp.Off || (settings.SignUp == SignUp.Loopback && !LocalUse.Is(context)))
        {
            return Problem.Of(StatusCodes.Status403Forbidden, "signup_off", "accounts are made by whoever runs this server", "quorate users add NAME");
        }

        var fields = await JsonFields.ReadAsync(context);
        var name = fields.Text("username", 64, needed: true);
        var password = fields.Text("password", AccountService.LongestPassword, needed: true, secret: true);
        if (name is not null && !AccountService.IsName(name))
        {
            fields.Refuse("username", name, AccountService.NameRule);
        }

        if (name is not null && password is not null && !AccountService.IsPassword(name, password))
        {
            fields.Refuse("password", null, AccountService.PasswordRule);
        }

        if (fields.Problem is { } problem)
        {
            return problem;
        }

        return await accounts.AddAsync(name!, password!, UserRole.Operator, context.RequestAborted) is { } user
            ? await BeginSessionAsync(context, user, settings, accounts)
            : Problem.OfField("username", name, "a name that is not taken", StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> LogInAsync(HttpContext context, ServerSettings settings, AccountService accounts)
    {
        var fields = await JsonFields.ReadAsync(context);
        var name = fields.Text("username", 64, needed: true);
        var password = fields.Text("password", AccountService.LongestPassword, needed: true, secret: true);
        if (fields.Problem is { } problem)
        {
            return problem;
        }

        return await accounts.LogInAsync(name!, password!, context.RequestAborted) is { } user
            ? await BeginSessionAsync(context, user, settings, accounts)
            : Problem.Of(StatusCodes.Status401Unauthorized, "login_failed", "the name or the password is wrong, or the account is locked for a few minutes");
    }

    private static async Task<IResult> BeginSessionAsync(HttpContext context, UserAccount user, ServerSettings settings, AccountService accounts)
    {
        var (secret, _) = await accounts.IssueAsync(user, AccessTokenKind.Session, "session", settings.SessionLifetime, context.RequestAborted);
        SessionCookie.Write(context, secret, settings.SessionLifetime);
        return Results.Ok(View(user));
    }

    private static async Task<IResult> LogOutAsync(HttpContext context, ServerParts parts)
    {
        if (context.Caller() is { User: var user, Token: { Kind: AccessTokenKind.Session } session })
        {
            await parts.Accounts.RemoveTokenAsync(user.Id, session.Id, context.RequestAborted);
        }

        SessionCookie.Remove(context);
        return Results.Ok(new { success = true });
    }

    private static IResult Me(HttpContext context) => Results.Ok(View(context.Caller().User));

    private static async Task<IResult> AddKeyAsync(HttpContext context, AccountService accounts)
    {
        var fields = await JsonFields.ReadAsync(context);
        var label = fields.Text("label", 100) ?? "key";
        if (fields.Problem is { } problem)
        {
            return problem;
        }

        if (context.Caller().Anonymous)
        {
            return Problem.Of(StatusCodes.Status403Forbidden, "not_allowed", "without an account there is nobody a key could stand for", "POST /signup makes one");
        }

        var (secret, key) = await accounts.IssueAsync(context.Caller().User, AccessTokenKind.ApiKey, label, null, context.RequestAborted);
        return Results.Ok(new NewApiKey(key.Id, key.Label, key.CreatedAt, secret));
    }

    private static async Task<IResult> ListKeysAsync(HttpContext context, ServerParts parts)
    {
        var keys = await parts.Accounts.ListTokensAsync(context.Caller().User.Id, AccessTokenKind.ApiKey, context.RequestAborted);
        return Results.Ok(keys.Select(k => new ApiKeyView(k.Id, k.Label, k.CreatedAt)));
    }

    private static async Task<IResult> RemoveKeyAsync(HttpContext context, string id, ServerParts parts) =>
        await parts.Accounts.RemoveTokenAsync(context.Caller().User.Id, id, context.RequestAborted) ? Results.Ok(new { success = true }) : Problem.NotFound("API key", id);

    private static UserView View(UserAccount user) => new(user.Name, user.Role.ToString().ToLowerInvariant(), user.Id == IAccountStore.AnonymousId, user.Aggregator);
}
