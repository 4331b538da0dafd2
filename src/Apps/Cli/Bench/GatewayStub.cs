using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Quorate.Contracts;

namespace Quorate.Cli.Bench;

/// <summary>An upstream that answers at once, or after the time that its model's name asks for: <c>stub-DELAY-GAP-TOKENS</c>, times in ms.</summary>
internal static class GatewayStub
{
    private const int MostTokens = 100_000;
    private static readonly byte[] Whole = "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"stub\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Four services are up and one is down.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":9,\"total_tokens\":21}}"u8.ToArray();
    private static readonly byte[] Token = "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"stub\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n"u8.ToArray();
    private static readonly byte[] End = Encoding.UTF8.GetBytes(
        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"stub\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        + "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"stub\",\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":9,\"total_tokens\":21}}\n\ndata: [DONE]\n\n");

    public static string Model(int delayMs, int gapMs, int tokens) => $"stub-{delayMs}-{gapMs}-{tokens}";

    public static async Task RunAsync(int port, TimeProvider time, CancellationToken token)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        await using var app = builder.Build();
        app.Run(context => AnswerAsync(context, time));
        await app.StartAsync(token);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.UnsafeRegister(_ => ended.TrySetResult(), null);
        await Task.WhenAny(ended.Task, WaitForInputsEndAsync());
    }

    private static async Task WaitForInputsEndAsync()
    {
        using var input = Console.OpenStandardInput();
        var buffer = new byte[64];
        while (await input.ReadAsync(buffer) > 0)
        {
        }
    }

    private static async Task AnswerAsync(HttpContext context, TimeProvider time)
    {
        var (delay, gap, tokens, stream) = await ReadAsync(context);
        if (delay > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(delay), time, context.RequestAborted);
        }

        var pipe = context.Response.BodyWriter;
        if (!stream)
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Whole.Length;
            await pipe.WriteAsync(Whole);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        for (var i = 0; i < tokens; i++)
        {
            await pipe.WriteAsync(Token, context.RequestAborted);
            if (gap > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(gap), time, context.RequestAborted);
            }
        }

        await pipe.WriteAsync(End, context.RequestAborted);
    }

    private static async Task<(int Delay, int Gap, int Tokens, bool Stream)> ReadAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        while (true)
        {
            var read = await body.ReadAsync(context.RequestAborted);
            if (!read.IsCompleted)
            {
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            var asked = Parse(read.Buffer.IsSingleSegment ? read.Buffer.FirstSpan : read.Buffer.ToArray());
            body.AdvanceTo(read.Buffer.End);
            return asked;
        }
    }

    private static (int Delay, int Gap, int Tokens, bool Stream) Parse(ReadOnlySpan<byte> body)
    {
        Span<int> numbers = stackalloc int[3];
        var at = body.IndexOf("stub-"u8);
        for (var i = 0; at >= 0 && i < numbers.Length; i++)
        {
            at += i == 0 ? "stub-"u8.Length : 1;
            if (!Utf8Parser.TryParse(body[at..], out numbers[i], out var used) || numbers[i] is < 0 or > MostTokens)
            {
                throw QuorateException.Input("stub_model", "the stub's model is stub-DELAY-GAP-TOKENS, such as stub-20-0-64");
            }

            at += used;
        }

        return (numbers[0], numbers[1], numbers[2], body.IndexOf("\"stream\":true"u8) >= 0);
    }
}
